# What zsh adds at the Tab key: a shell of its own on a terminal of its own is given the words, and writes down what its
# completion system takes.
#   zsh -f capture.zsh FOLDER_WITH_SCRIPT WORDS
zmodload zsh/zpty
folder=$1
cat >$folder/.zshrc <<'END'
PROMPT= RPROMPT=
unsetopt zle_bracketed_paste 2>/dev/null
autoload -U compinit && compinit -D -u
source $ZDOTDIR/_tokioctl
compadd() {
  local -a taken
  builtin compadd -O taken "$@"
  print -l -- $taken >>$ZDOTDIR/taken
  builtin compadd "$@"
}
bindkey '^I' complete-word
zle-line-init() { : >$ZDOTDIR/ready }  # before, a Tab is only a character
zle -N zle-line-init
END
rm -f $folder/{taken,ready,done}
zpty -b shell env ZDOTDIR=$folder zsh -i
wait_for() {
  while [[ ! -e $folder/$1 ]]; do zpty -r -t shell line || sleep 0.05; done
}
wait_for ready
zpty -w -n shell "tokioctl $2"$'\t'
zpty -w -n shell $'\x15'"touch $folder/done"$'\n'
wait_for done
zpty -d shell
[[ ! -e $folder/taken ]] || grep -v '^$' $folder/taken
