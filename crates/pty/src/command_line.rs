//! A Windows command line taken apart by the rules of the C library there, so
//! that it can be given to a program as the arguments it would have seen.

/// The arguments in a command line without the program's own name.
#[must_use]
pub fn split(line: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut rest = line.trim_start_matches(BLANK);
    while !rest.is_empty() {
        let (argument, after) = next(rest);
        arguments.push(argument);
        rest = after.trim_start_matches(BLANK);
    }
    arguments
}

const BLANK: [char; 2] = [' ', '\t'];

/// One argument, and what follows it. Backslashes mean themselves except
/// before a quote, where two make one and an odd one makes the quote plain.
fn next(text: &str) -> (String, &str) {
    let mut argument = String::new();
    let mut quoted = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            ' ' | '\t' if !quoted => return (argument, &text[at..]),
            '"' if quoted && characters.peek().is_some_and(|(_, next)| *next == '"') => {
                argument.push('"');
                characters.next();
            }
            '"' => quoted = !quoted,
            '\\' => {
                let mut count = 1;
                while characters.next_if(|(_, next)| *next == '\\').is_some() {
                    count += 1;
                }
                let before_quote = characters.peek().is_some_and(|(_, next)| *next == '"');
                let kept = if before_quote { count / 2 } else { count };
                argument.extend(std::iter::repeat_n('\\', kept));
                if before_quote && count % 2 == 1 {
                    argument.push('"');
                    characters.next();
                }
            }
            other => argument.push(other),
        }
    }
    (argument, "")
}
