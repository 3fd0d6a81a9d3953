//! Links the addon the way Node loads it on each platform.

fn main() {
    napi_build::setup();
}
