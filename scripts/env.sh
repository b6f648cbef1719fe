# Where the tools are, and with which versions. To be sourced by the other scripts.
#
# Everything is below $LUMENIZE_TOOLS (~/.cache/lumenize-tools), outside of target/.

tools="${LUMENIZE_TOOLS:-$HOME/.cache/lumenize-tools}"

cargo_deny=0.20.2
cargo_fuzz=0.13.1
cargo_llvm_cov=0.9.1
worker_build=0.8.7  # that of the `worker` crate
wasm_bindgen=0.2.130 # that of the crate in Cargo.lock
workerd=1.20261117.1
esbuild=0.28.2
binaryen=132.0.0
wrangler=4.164.0 # it depends on the workerd and the esbuild above
node=22.23.3     # for Wrangler, where there is none of 22.12 or later

npm_dir="$tools/npm-$workerd-$esbuild-$binaryen-$wrangler"
npm_bin="$npm_dir/node_modules/.bin"
node_bin="$npm_dir/node_modules/node/bin" # there only where it is needed

# The program itself: what stands in .bin may be a script that starts it, which a kill would not pass on.
case "$(uname -m)" in aarch64 | arm64) workerd_linux=arm64 ;; *) workerd_linux=64 ;; esac
export LUMENIZE_WORKERD="$npm_dir/node_modules/@cloudflare/workerd-linux-$workerd_linux/bin/workerd"
export WASM_BINDGEN_BIN="$tools/wasm-bindgen-cli-$wasm_bindgen/bin/wasm-bindgen"
export ESBUILD_BIN="$npm_bin/esbuild"
export WASM_OPT_BIN="$npm_bin/wasm-opt"
worker_build_bin="$tools/worker-build-$worker_build/bin/worker-build"

# Where rustup has no wasm target, Debian's compiler has (scripts/setup).
if [ -e "$tools/debian-rustc" ]; then
  wasm_env=(env "RUSTC=/usr/bin/rustc" "PATH=/usr/bin:$PATH")
else
  wasm_env=(env)
fi

run() {
  printf '\n== %s\n' "$*"
  "$@"
}
