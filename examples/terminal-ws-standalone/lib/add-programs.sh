# Adds a project's own programs to the PATH, behind the system's.
case ":$PATH:" in *":$PROJECT_BIN:"*) ;; *) PATH="$PATH:$PROJECT_BIN" ;; esac
