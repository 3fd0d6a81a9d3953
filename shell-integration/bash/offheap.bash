# Tells the terminal what bash does: OSC 133 and 633 marks around prompts and
# commands, and OSC 7 for the directory. Read in the place of ~/.bashrc or, of a
# login shell, as the file that ENV names; it reads the user's own files first.
# Nothing of the user's is replaced: PROMPT_COMMAND, PS0 and PS1 are added to, traps
# are left alone.

if [[ -n "${OFFHEAP_SHELL_NONCE-}" ]]; then
  __offheap_nonce=$OFFHEAP_SHELL_NONCE
  __offheap_login=${OFFHEAP_SHELL_LOGIN-}
  builtin unset OFFHEAP_SHELL_NONCE OFFHEAP_SHELL_LOGIN

  # A login shell came here by POSIX mode, which changes more than the name says.
  if [[ -o posix ]]; then
    builtin set +o posix
    builtin shopt -u inherit_errexit 2>/dev/null
    builtin unset POSIXLY_CORRECT
    [[ "${HISTFILE-}" == "$HOME/.sh_history" ]] && HISTFILE=$HOME/.bash_history
    builtin shopt -q login_shell && __offheap_login=1
    if [[ -n "${OFFHEAP_SHELL_ENV+x}" ]]; then
      builtin export ENV=$OFFHEAP_SHELL_ENV
    else
      builtin unset ENV
    fi
    builtin unset OFFHEAP_SHELL_ENV
  fi

  if [[ -n "$__offheap_login" ]]; then
    [[ -r /etc/profile ]] && . /etc/profile
    for __offheap_file in ~/.bash_profile ~/.bash_login ~/.profile; do
      if [[ -r "$__offheap_file" ]]; then
        . "$__offheap_file"
        break
      fi
    done
  else
    for __offheap_file in /etc/bash.bashrc /etc/bash/bashrc ~/.bashrc; do
      [[ -r "$__offheap_file" ]] && . "$__offheap_file"
    done
  fi
  builtin unset __offheap_file __offheap_login
fi

# Without PS0 (bash before 4.4) nobody would know when a command begins.
if [[ -n "${__offheap_nonce-}" && $- == *i* ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
  __offheap_mark_end="\[\e]133;B;aid=$__offheap_nonce\a\]"
  __offheap_mark_run='$(__offheap_run)'
  __offheap_pwd=
  __offheap_last=

  # The number and the text of the newest entry of the history.
  __offheap_history() {
    HISTTIMEFORMAT='' builtin history 1
  }

  # Text as it stands in an OSC 633: no control characters, no semicolon.
  __offheap_escape() {
    local LC_ALL=C text=${1//\\/\\\\}
    text=${text//;/\\x3b}
    text=${text//$'\n'/\\x0a}
    text=${text//$'\r'/\\x0d}
    text=${text//$'\e'/\\x1b}
    text=${text//$'\a'/\\x07}
    __offheap_text=$text
  }

  # A path as it stands in a URL.
  __offheap_url() {
    local LC_ALL=C char i
    __offheap_text=
    for ((i = 0; i < ${#1}; i++)); do
      char=${1:i:1}
      [[ $char == [a-zA-Z0-9/._~-] ]] || builtin printf -v char '%%%02X' "'$char"
      # Bytes beyond ASCII count as negative where char is signed.
      __offheap_text+=${char/FFFFFFFFFFFFFF/}
    done
  }

  # In a subshell, when a command is about to run: PS0.
  __offheap_run() {
    local entry line
    entry=$(__offheap_history)
    line=${entry#*[0-9] }
    line=${line#"${line%%[! ]*}"}
    # An entry as before is another command, where lines may be kept out of the history.
    if [[ -n "$line" && ( "$entry" != "$__offheap_last" || "${HISTCONTROL-}" != *ignore[sb]* ) ]]; then
      __offheap_escape "${line:0:2048}"
      builtin printf '\e]633;E;%s;%s\a' "$__offheap_text" "$__offheap_nonce"
    fi
    builtin printf '\e]133;C;aid=%s\a' "$__offheap_nonce"
  }

  # The first of PROMPT_COMMAND: how the command ended.
  __offheap_finish() {
    local status=$?
    builtin printf '\e]133;D;%s;aid=%s\a' "$status" "$__offheap_nonce"
    return "$status"
  }

  # The last of PROMPT_COMMAND: where the shell is, and the prompt. A prompt that the
  # user's commands have just made gets its end marked.
  __offheap_prompt() {
    local status=$?
    if [[ "$PWD" != "$__offheap_pwd" ]]; then
      __offheap_pwd=$PWD
      __offheap_url "$PWD"
      builtin printf '\e]7;file://%s%s\a' "$HOSTNAME" "$__offheap_text"
      __offheap_escape "$PWD"
      builtin printf '\e]633;P;Cwd=%s\a' "$__offheap_text"
    fi
    [[ "${PS1-}" == *"$__offheap_mark_end" ]] || PS1=${PS1-}$__offheap_mark_end
    [[ "${PS0-}" == *"$__offheap_mark_run"* ]] || PS0=$__offheap_mark_run${PS0-}
    __offheap_last=$(__offheap_history)
    builtin printf '\e]133;A;aid=%s\a' "$__offheap_nonce"
    return "$status"
  }

  if [[ "$(builtin declare -p PROMPT_COMMAND 2>/dev/null)" == 'declare -a'* ]]; then
    PROMPT_COMMAND=(__offheap_finish "${PROMPT_COMMAND[@]}" __offheap_prompt)
  else
    PROMPT_COMMAND=__offheap_finish$'\n'${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}__offheap_prompt
  fi
  # A shell within this one has none of these functions.
  builtin export -n PROMPT_COMMAND PS0 2>/dev/null
fi
