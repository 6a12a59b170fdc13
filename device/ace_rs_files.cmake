# SPDX-License-Identifier: Apache-2.0
# The device library as a list, for firmware that is built with CMake: include() this, then
#   target_sources(firmware PRIVATE ${ACE_RS_SOURCES})
#   target_include_directories(firmware PRIVATE ${ACE_RS_INCLUDE_DIRS})
# and add a port: ${ACE_RS_PORT_PSA} and two clocks, ${ACE_RS_PORT_OPENSSL} on a host, or your own.
get_filename_component(ACE_RS_ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(ACE_RS_INCLUDE_DIRS ${ACE_RS_ROOT}/include ${ACE_RS_ROOT})
file(GLOB ACE_RS_SOURCES CONFIGURE_DEPENDS ${ACE_RS_ROOT}/token/*.c ${ACE_RS_ROOT}/oscore/*.c)
# Debug checks, and what issues tokens.
list(REMOVE_ITEM ACE_RS_SOURCES ${ACE_RS_ROOT}/token/rs_invariants.c ${ACE_RS_ROOT}/token/issue.c)
list(APPEND ACE_RS_SOURCES ${ACE_RS_ROOT}/coap/coap_message.c ${ACE_RS_ROOT}/coap/coap_uri.c)
set(ACE_RS_PORT_PSA ${ACE_RS_ROOT}/port/psa.c)
set(ACE_RS_PORT_OPENSSL ${ACE_RS_ROOT}/port/openssl.c ${ACE_RS_ROOT}/port/random.c)
