// Everything of process/: commands, children, their pipes and how they ended.
#pragma once

#include "tokio/process/child.hpp"
#include "tokio/process/command.hpp"
#include "tokio/process/exit_status.hpp"
#include "tokio/process/pipes.hpp"
#include "tokio/process/stdio.hpp"
