#include "ctl/completion.hpp"

namespace tokiod::ctl {
namespace {

// Bash divides --tab=x into three words, and takes what is offered in place of the last of them.
constexpr std::string_view bash_script = R"sh(# bash completion for tokioctl
_tokioctl() {
  local word current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  while IFS=$'\t' read -r word _; do
    if [[ $word == :files ]]; then
      compopt -o default 2>/dev/null
      continue
    fi
    [[ $current == = || $before == = ]] && word=${word#*=}
    [[ $word == *= ]] && compopt -o nospace 2>/dev/null
    COMPREPLY+=("$word")
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tokioctl tokioctl
)sh";

constexpr std::string_view zsh_script = R"sh(#compdef tokioctl
_tokioctl() {
  local line word
  local -a whole open
  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    word=${line%%$'\t'*}
    if [[ $word == :files ]]; then
      _files
    elif [[ $word == *= ]]; then
      open+=("$word")
    elif [[ -n $word ]]; then
      whole+=("${word//:/\\:}:${line#*$'\t'}")
    fi
  done
  (( $#open )) && compadd -S '' -- "${open[@]}"
  (( $#whole )) && _describe tokioctl whole
}
if [[ $funcstack[1] == _tokioctl ]]; then
  _tokioctl "$@"
else
  compdef _tokioctl tokioctl
fi
)sh";

constexpr std::string_view fish_script = R"sh(# fish completion for tokioctl
function __tokioctl_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c tokioctl -f -a '(__tokioctl_complete)'
)sh";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "fish") return fish_script;
  return shell == "zsh" ? zsh_script : bash_script;
}

}  // namespace tokiod::ctl
