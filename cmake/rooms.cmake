# How a room becomes a target. The table of rooms itself is in the root CMakeLists.txt.
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS json url)
find_package(Protobuf REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(pugixml REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
add_library(systemd ALIAS PkgConfig::SYSTEMD)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
add_library(rdkafka ALIAS PkgConfig::RDKAFKA)
pkg_check_modules(RABBITMQ REQUIRED IMPORTED_TARGET librabbitmq)
add_library(rabbitmq ALIAS PkgConfig::RABBITMQ)

find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
add_library(xxhash INTERFACE)  # Header-only here: XXH_INLINE_ALL.
target_include_directories(xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})

# Debian's package has neither a CMake nor a pkg-config file; without THREADED the header declares
# the API of the other library.
find_path(ZOOKEEPER_INCLUDE_DIR zookeeper/zookeeper.h REQUIRED)
find_library(ZOOKEEPER_MT_LIBRARY zookeeper_mt REQUIRED)
add_library(zookeeper_mt UNKNOWN IMPORTED)
set_target_properties(zookeeper_mt PROPERTIES IMPORTED_LOCATION ${ZOOKEEPER_MT_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${ZOOKEEPER_INCLUDE_DIR} INTERFACE_COMPILE_DEFINITIONS THREADED)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)

add_library(settle_options INTERFACE)
target_compile_features(settle_options INTERFACE cxx_std_20)
target_include_directories(settle_options INTERFACE ${PROJECT_SOURCE_DIR})
# At -O2 g++ 12 sees uninitialised values in optionals and variants that are none (GCC bug 80635).
target_compile_options(settle_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                                -Wno-maybe-uninitialized)
target_compile_definitions(settle_options INTERFACE SETTLE_VERSION="${PROJECT_VERSION}")
if(MOLD)
  target_link_options(settle_options INTERFACE -fuse-ld=mold)
endif()

# Every .cc of the folder itself belongs to the room; sub-folders are rooms of their own.
function(settle_sources variable folder)
  file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cc)
  set(${variable} ${found} PARENT_SCOPE)
endfunction()

function(settle_rooms variable)
  list(TRANSFORM ARGN PREPEND settle::)
  set(${variable} ${ARGN} PARENT_SCOPE)
endfunction()

function(settle_library name folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPENDS;USES")
  settle_sources(sources ${folder})
  settle_rooms(rooms ${arg_DEPENDS})
  if(sources)
    add_library(settle_${name} STATIC ${sources})
    target_link_libraries(settle_${name} PUBLIC settle_options ${rooms}
                                         PRIVATE ${arg_USES} Threads::Threads)
  else()
    add_library(settle_${name} INTERFACE)
    target_link_libraries(settle_${name} INTERFACE settle_options ${rooms})
  endif()
  add_library(settle::${name} ALIAS settle_${name})
endfunction()

# Generated code is compiled without our warnings and seen as a system header.
function(settle_proto name folder)
  file(GLOB protos CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.proto)
  if(NOT protos)
    add_library(settle_${name} INTERFACE)
  else()
    add_library(settle_${name} STATIC)
    target_link_libraries(settle_${name} PUBLIC protobuf::libprotobuf)
    target_compile_features(settle_${name} PUBLIC cxx_std_20)
    target_include_directories(settle_${name} SYSTEM PUBLIC ${PROJECT_BINARY_DIR}/generated)
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated)
    protobuf_generate(TARGET settle_${name} LANGUAGE cpp PROTOS ${protos}
                      IMPORT_DIRS ${PROJECT_SOURCE_DIR}
                      PROTOC_OUT_DIR ${PROJECT_BINARY_DIR}/generated)
  endif()
  add_library(settle::${name} ALIAS settle_${name})
endfunction()

function(settle_program name folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPENDS;USES")
  settle_sources(sources ${folder})
  if(NOT sources)
    return()
  endif()
  settle_rooms(rooms ${arg_DEPENDS})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${rooms} ${arg_USES} CLI11::CLI11 fmt::fmt Boost::json)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  install(TARGETS ${name})
endfunction()

# settle_test(NAME LABEL FOLDER DEPENDS ...): every *_test.cc of tests/FOLDER in one program,
# each TEST an entry of CTest under LABEL. REAL_TIME: sessions of real servers end while it runs, so
# that two of its kind never share the machine.
# All that runs under one label: what a run of it alone needs to have built.
foreach(label unit scenario integration)
  add_custom_target(${label}_tests)
endforeach()

function(settle_test name label folder)
  cmake_parse_arguments(PARSE_ARGV 3 arg "REAL_TIME" "" "DEPENDS;USES")
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.cc)
  if(NOT sources)
    return()
  endif()
  settle_rooms(rooms ${arg_DEPENDS})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${rooms} ${arg_USES} settle_places GTest::gmock
                                        GTest::gtest_main)
  # What is tested is optimised; the telling of it need not be, and compiles in two thirds of the time.
  target_compile_options(${name} PRIVATE -O0)
  add_dependencies(${label}_tests ${name})
  set(lock "")
  if(arg_REAL_TIME)
    set(lock RESOURCE_LOCK real_time)
  endif()
  gtest_discover_tests(${name} PROPERTIES LABELS ${label} ${lock} DISCOVERY_MODE PRE_TEST)
endfunction()
