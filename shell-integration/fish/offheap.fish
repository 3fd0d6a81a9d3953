# Tells the terminal what fish does: OSC 133 and 633 marks around prompts and
# commands, and OSC 7 for the directory. Everything hangs on fish's own events; the
# user's functions are left alone.

if status is-interactive; and set -q OFFHEAP_SHELL_NONCE
    set -g __offheap_nonce $OFFHEAP_SHELL_NONCE
    set -e OFFHEAP_SHELL_NONCE

    # Text as it stands in an OSC 633: no control characters, no semicolon.
    function __offheap_escape
        string replace -a \\ \\\\ -- $argv | string join \\x0a | string replace -a ';' \\x3b |
            string replace -a \e \\x1b | string replace -a \a \\x07 | string replace -a \r \\x0d
    end

    function __offheap_prompt --on-event fish_prompt
        if test "$PWD" != "$__offheap_pwd"
            set -g __offheap_pwd $PWD
            printf '\e]7;file://%s%s\a' $hostname (string escape --style=url -- $PWD)
            printf '\e]633;P;Cwd=%s\a' (__offheap_escape $PWD)
        end
        __offheap_ready
    end

    # A line that is cancelled is followed by a prompt without an event of its own.
    # fish draws prompts anew whenever it likes: their ends have no mark.
    function __offheap_ready --on-event fish_cancel
        printf '\e]133;A;aid=%s\a\e]133;B;aid=%s\a' $__offheap_nonce $__offheap_nonce
    end

    function __offheap_run --on-event fish_preexec
        set -l line (string sub -l 2048 -- (string join \n -- $argv) | string collect)
        printf '\e]633;E;%s;%s\a' (__offheap_escape (string split \n -- $line)) $__offheap_nonce
        printf '\e]133;C;aid=%s\a' $__offheap_nonce
    end

    function __offheap_finish --on-event fish_postexec
        printf '\e]133;D;%s;aid=%s\a' $status $__offheap_nonce
    end
end
