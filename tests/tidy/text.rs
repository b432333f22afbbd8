//! Pages with one title, contents that list every page, and no loose ends in any text.

/// Files that a tool writes and that name its own sources.
const WRITTEN_BY_TOOLS: [&str; 1] = ["Cargo.lock"];

/// A page begins with its one `# title`; what looks like one inside a code block is none.
pub fn check_title(path: &str, page: &str) -> Vec<String> {
    let mut in_code = false;
    let mut titles = 0;
    for line in page.lines() {
        in_code ^= line.trim_start().starts_with("```");
        titles += usize::from(!in_code && line.starts_with("# "));
    }
    match (page.starts_with("# "), titles) {
        (true, 1) => Vec::new(),
        (false, _) => vec![format!("{path}: the first line is not `# title`")],
        (true, _) => vec![format!("{path}: {titles} titles")],
    }
}

/// Pages of the book that its contents do not name, and names without a page.
pub fn check_contents(summary: &str, pages: &[&str]) -> Vec<String> {
    let linked: Vec<String> = summary
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| format!("docs/{}", target.trim_start_matches("./")))
        .collect();
    let is_linked =
        |page: &&str| **page == *"docs/SUMMARY.md" || linked.iter().any(|link| link == page);
    let unlisted = pages.iter().filter(|page| !is_linked(page));
    let missing = linked.iter().filter(|link| !pages.contains(&link.as_str()));
    unlisted
        .map(|page| format!("{page}: not in docs/SUMMARY.md"))
        .chain(missing.map(|link| format!("docs/SUMMARY.md: `{link}` does not exist")))
        .collect()
}

/// Paths of one machine, hosts of registries, and marks of unfinished work.
pub fn check_words(path: &str, content: &str) -> Vec<String> {
    if WRITTEN_BY_TOOLS.contains(&path) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (index, line) in content.lines().enumerate() {
        for word in banned() {
            if line.match_indices(&word).any(|(at, _)| stands_alone(line, at)) {
                problems.push(format!("{path}:{}: `{word}`", index + 1));
            }
        }
    }
    problems
}

/// Put together from halves, so that this list does not find itself.
fn banned() -> Vec<String> {
    let halves = [
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        ("registry", ".npmjs.org"),
        ("registry", ".yarnpkg.com"),
        ("index", ".crates.io"),
        ("static", ".crates.io"),
        ("pypi", ".org"),
        ("files", ".pythonhosted.org"),
        ("deb", ".debian.org"),
        ("TO", "DO"),
        ("FIX", "ME"),
    ];
    halves.iter().map(|(first, second)| format!("{first}{second}")).collect()
}

/// Not the tail of a longer word or path.
fn stands_alone(line: &str, at: usize) -> bool {
    let before = line[..at].chars().next_back();
    !before.is_some_and(|character| character.is_alphanumeric() || "_.-~}".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_one_title_is_fine() {
        assert!(check_title("a.md", "# Title\n\n## Part\n\n```sh\n# a comment\n```\n").is_empty());
    }

    #[test]
    fn no_title_and_two_titles_are_found() {
        assert_eq!(check_title("a.md", "Text\n").len(), 1);
        assert_eq!(check_title("a.md", "# One\n\n# Two\n").len(), 1);
    }

    #[test]
    fn contents_and_pages_must_agree() {
        let summary = "# Summary\n\n- [Keys](operate/keys.md)\n";
        assert!(check_contents(summary, &["docs/SUMMARY.md", "docs/operate/keys.md"]).is_empty());
        assert_eq!(check_contents(summary, &["docs/operate/keys.md", "docs/lost.md"]).len(), 1);
        assert_eq!(check_contents(summary, &[]).len(), 1);
    }

    #[test]
    fn every_banned_word_is_found() {
        for word in banned() {
            assert_eq!(check_words("a.rs", &format!("see {word}x")).len(), 1, "{word}");
        }
        for word in banned() {
            assert!(check_words("a.rs", &format!("frame{word}")).is_empty(), "{word}");
        }
    }
}
