# zsh looks here for its files since ZDOTDIR says so. That is taken back first of
# all, so that every other file is the user's own; then the user's .zshenv is read.

if [[ -n "${OFFHEAP_SHELL_ZDOTDIR+X}" ]]; then
  export ZDOTDIR=$OFFHEAP_SHELL_ZDOTDIR
  unset OFFHEAP_SHELL_ZDOTDIR
else
  unset ZDOTDIR
fi

{
  [[ ! -r ${ZDOTDIR-$HOME}/.zshenv ]] || source -- "${ZDOTDIR-$HOME}/.zshenv"
} always {
  if [[ -o interactive && -n ${OFFHEAP_SHELL_NONCE-} ]]; then
    source -- "${${(%):-%x}:A:h}/offheap.zsh"
  fi
  unset OFFHEAP_SHELL_NONCE
}
