#include "net/curl_library.h"

#include <dlfcn.h>

namespace tessera::net {

namespace {

constexpr const char* kName = "libcurl.so.4";

struct Loaded {
  CurlLibrary library;
  Status status;
};

template <typename Function>
void find(Loaded& into, void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(handle, name));
  if (function == nullptr && into.status.ok()) {
    into.status = Status(Code::Internal, std::string("load ") + kName + ": it has no " + name);
  }
}

Loaded load() {
  Loaded loaded;
  void* handle = ::dlopen(kName, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = ::dlerror();
    loaded.status = Status(Code::Internal, std::string("load ") + kName + ": " + (why != nullptr ? why : "not found"));
    return loaded;
  }
  CurlLibrary& library = loaded.library;
  find(loaded, handle, "curl_easy_init", library.easy_init);
  find(loaded, handle, "curl_easy_cleanup", library.easy_cleanup);
  find(loaded, handle, "curl_easy_setopt", library.easy_setopt);
  find(loaded, handle, "curl_easy_getinfo", library.easy_getinfo);
  find(loaded, handle, "curl_easy_pause", library.easy_pause);
  find(loaded, handle, "curl_easy_strerror", library.easy_strerror);
  find(loaded, handle, "curl_multi_init", library.multi_init);
  find(loaded, handle, "curl_multi_cleanup", library.multi_cleanup);
  find(loaded, handle, "curl_multi_add_handle", library.multi_add_handle);
  find(loaded, handle, "curl_multi_remove_handle", library.multi_remove_handle);
  find(loaded, handle, "curl_multi_perform", library.multi_perform);
  find(loaded, handle, "curl_multi_info_read", library.multi_info_read);
  find(loaded, handle, "curl_multi_poll", library.multi_poll);
  find(loaded, handle, "curl_slist_append", library.slist_append);
  find(loaded, handle, "curl_slist_free_all", library.slist_free_all);
  find(loaded, handle, "curl_getdate", library.getdate);
  return loaded;
}

const Loaded& loaded() {
  static const Loaded once = load();
  return once;
}

}  // namespace

Status load_curl() {
  return loaded().status;
}

const CurlLibrary& curl() {
  return loaded().library;
}

}  // namespace tessera::net
