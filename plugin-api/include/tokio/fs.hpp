// Everything of fs/: files, folders, and what is done by a path.
#pragma once

#include "tokio/fs/dir_builder.hpp"
#include "tokio/fs/file.hpp"
#include "tokio/fs/metadata.hpp"
#include "tokio/fs/open_options.hpp"
#include "tokio/fs/paths.hpp"
#include "tokio/fs/read_dir.hpp"
