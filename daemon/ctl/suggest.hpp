// What may stand in place of the last of some words behind `tokioctl`: a shell asks at every press of the Tab key.
// Threads: [one thread].
#pragma once
#include <string>
#include <vector>

#include "ctl/client.hpp"
#include "ctl/source.hpp"

namespace tokiod::ctl {

// `words` as the shell has them; the last is the one to complete, and may be empty. Bash gives `--tab=x` as three
// words.
[[nodiscard]] suggestions suggest(std::vector<std::string> words, const asker& ask);

// The daemon that the words name.
[[nodiscard]] daemon_name daemon_named_in(std::vector<std::string> words);

// As the scripts read it: a word and what it is about on each line, divided by a tabulator; ":files" for any file.
[[nodiscard]] std::string text_of(const suggestions& found);

}  // namespace tokiod::ctl
