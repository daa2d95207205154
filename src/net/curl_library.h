// curl_library: libcurl, loaded by the first request that needs it. It brings thirty libraries with it (Kerberos, LDAP,
// GnuTLS …), which would cost each command and each sandboxed worker most of its start, and be mapped where hostile
// bytes are read, to be used by nobody. Used by client.cc only.
//
// Safe from any thread. What is loaded stays until the process ends.
#pragma once

#include <curl/curl.h>

#include "base/result.h"

namespace tessera::net {

struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_pause) easy_pause = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_multi_init) multi_init = nullptr;
  decltype(&::curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&::curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&::curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&::curl_multi_perform) multi_perform = nullptr;
  decltype(&::curl_multi_info_read) multi_info_read = nullptr;
  decltype(&::curl_multi_poll) multi_poll = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  decltype(&::curl_getdate) getdate = nullptr;
};

// Internal, saying what the loader said, when it is not there: the package depends on it.
Status load_curl();
// All entries are there once load_curl() was ok.
const CurlLibrary& curl();

}  // namespace tessera::net
