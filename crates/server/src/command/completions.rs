//! `candor completions` and `candor manual`: what a shell and `man` know of the command line,
//! made from the same description as its help.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::say;
use super::{Candor, Ending};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  candor completions bash > /usr/share/bash-completion/completions/candor
  candor completions zsh > /usr/share/zsh/vendor-completions/_candor
  candor completions fish > ~/.config/fish/completions/candor.fish")]
pub struct Completions {
    /// The shell that the script is for.
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> anyhow::Result<Ending> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Candor::command(), "candor", &mut script);
        say::write(&String::from_utf8(script)?).map(|()| Ending::Done)
    }
}

#[derive(Debug, Args)]
pub struct Manual {
    /// Writes a page for each verb into this folder, which must be there.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

impl Manual {
    pub fn run(self) -> anyhow::Result<Ending> {
        if let Some(folder) = &self.into {
            clap_mangen::generate_to(Candor::command(), folder)
                .with_context(|| format!("cannot write into `{}`", folder.display()))?;
            return Ok(Ending::Done);
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(Candor::command()).render(&mut page)?;
        say::write(&String::from_utf8(page)?).map(|()| Ending::Done)
    }
}
