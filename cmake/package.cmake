# The Debian package: cpack -G DEB in build/release (script/package). Program, unit, configuration, documents; what the
# program links to becomes Depends by dpkg-shlibdeps.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # the program, not the tests, must be built
install(TARGETS tessera RUNTIME DESTINATION /usr/bin)
install(FILES packaging/tessera.service DESTINATION /lib/systemd/system)
install(FILES packaging/tessera.toml DESTINATION /etc/tessera PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
install(FILES README.md doc/configuration.md doc/on-disk-format.md doc/operations.md doc/security.md DESTINATION /usr/share/doc/tessera)
install(FILES LICENSE DESTINATION /usr/share/doc/tessera RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON) # paths above are those of the machine; the prefix only makes an empty folder
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_NAME tessera)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Tessera developers <tessera@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "digital-pathology image service (DICOMweb)")
set(CPACK_PACKAGE_DESCRIPTION
    "Takes whole slides in, as vendor files or as DICOM of any size, keeps them durably, and gives them out through
 DICOMweb as tiles. One program, SQLite and files; shows slides in a browser by itself.")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# libcurl is loaded when it is needed, so that no tool finds it (net/curl_library.h).
set(CPACK_DEBIAN_PACKAGE_DEPENDS "passwd, libcurl4 (>= 7.88)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${CMAKE_SOURCE_DIR}/packaging/conffiles;${CMAKE_SOURCE_DIR}/packaging/postinst;${CMAKE_SOURCE_DIR}/packaging/prerm;${CMAKE_SOURCE_DIR}/packaging/postrm")
include(CPack)
