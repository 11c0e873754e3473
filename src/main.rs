//! The program: see [`plenary::cli`].

fn main() -> std::process::ExitCode {
    plenary::cli::main()
}
