# Tells the terminal what zsh does: OSC 133 and 633 marks around prompts and
# commands, and OSC 7 for the directory. Hooks are added beside the user's; of the
# prompt only the end is marked.

typeset -g __offheap_nonce=$OFFHEAP_SHELL_NONCE
typeset -g __offheap_mark_end=$'%{\e]133;B;aid='$OFFHEAP_SHELL_NONCE$'\a%}'
typeset -g __offheap_pwd=

# Text as it stands in an OSC 633: no control characters, no semicolon.
__offheap_escape() {
  emulate -L zsh
  local LC_ALL=C text=${1//\\/\\\\}
  text=${text//;/\\x3b}
  text=${text//$'\n'/\\x0a}
  text=${text//$'\r'/\\x0d}
  text=${text//$'\e'/\\x1b}
  REPLY=${text//$'\a'/\\x07}
}

# A path as it stands in a URL.
__offheap_url() {
  emulate -L zsh -o no_multibyte
  local LC_ALL=C char
  REPLY=
  for char in ${(s::)1}; do
    [[ $char == [a-zA-Z0-9/._~-] ]] || char=%${(l:2::0:)$(( [##16] #char ))}
    REPLY+=$char
  done
}

# The first of precmd: how the command ended.
__offheap_finish() {
  local code=$?
  builtin printf '\e]133;D;%s;aid=%s\a' $code $__offheap_nonce
  # Whatever was added since comes before the end of the prompt is marked.
  [[ ${precmd_functions[-1]} == __offheap_prompt ]] ||
    precmd_functions=(${precmd_functions:#__offheap_prompt} __offheap_prompt)
  return $code
}

# The last of precmd: where the shell is, and the prompt.
__offheap_prompt() {
  local code=$? REPLY
  if [[ $PWD != $__offheap_pwd ]]; then
    __offheap_pwd=$PWD
    __offheap_url $PWD
    builtin printf '\e]7;file://%s%s\a' $HOST $REPLY
    __offheap_escape $PWD
    builtin printf '\e]633;P;Cwd=%s\a' $REPLY
  fi
  [[ ${PS1-} == *$__offheap_mark_end ]] || PS1=${PS1-}$__offheap_mark_end
  builtin printf '\e]133;A;aid=%s\a' $__offheap_nonce
  return $code
}

# A command is about to run.
__offheap_run() {
  local REPLY
  __offheap_escape "${1[1,2048]}"
  builtin printf '\e]633;E;%s;%s\a\e]133;C;aid=%s\a' "$REPLY" $__offheap_nonce $__offheap_nonce
}

typeset -ga precmd_functions preexec_functions
precmd_functions=(__offheap_finish $precmd_functions __offheap_prompt)
preexec_functions+=(__offheap_run)
