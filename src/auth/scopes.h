// Scopes: what the OAuth scopes of a token leave of the rights that its bearer's roles give.
//
//   Dicom.ReadWrite                          everything (the contract's scope)
//   Dicom.Read                               read, export
//   (user|system)/(ImagingStudy|*).ACCESS    ACCESS: read, write, *, or letters of cruds in this order (SMART v1, v2)
//       read = rs · write = cud · * = cruds; r, s: read · c, u: write · d: delete
//   patient/….ACCESS and other resources     nothing: which patient was launched is not known here
//
// Other scopes (openid, profile, an issuer's own) say nothing about access. A token without any of the above is not
// narrowed; one with some may do what any of them allows. A scope may be a URL that ends in one of them.
#pragma once

#include <span>
#include <string>

#include "auth/action.h"

namespace tessera::auth {

ActionSet actions_left_by(std::span<const std::string> scopes);

}  // namespace tessera::auth
