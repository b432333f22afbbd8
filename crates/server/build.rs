//! Watches the console's build, so that the binary embeds what was built last.

fn main() {
    let built = std::path::Path::new("../../console/dist");
    // Watching a folder that is absent would rebuild each time; an empty one means "not built".
    std::fs::create_dir_all(built).ok();
    println!("cargo:rerun-if-changed=../../console/dist");
}
