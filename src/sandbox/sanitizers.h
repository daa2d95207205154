// Whether this is a build under AddressSanitizer or ThreadSanitizer: they map terabytes at the start and make calls of
// their own, so a worker there has no memory limit and a few calls more. Release builds have neither.
#pragma once

namespace tessera::sandbox {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace tessera::sandbox
