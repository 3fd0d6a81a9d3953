// Node's own path is that of an emulator or a loader here: what is started has
// to be the command that scripts/test-foreign.sh made. And Jest's resolver has
// an addon of its own, which would be taken from where ours is named: it is
// loaded before Jest asks for it.

const { OFFHEAP_FOREIGN_NODE, OFFHEAP_JEST_RESOLVER, NAPI_RS_NATIVE_LIBRARY_PATH } = process.env

process.execPath = OFFHEAP_FOREIGN_NODE
if (OFFHEAP_JEST_RESOLVER) {
  delete process.env.OFFHEAP_JEST_RESOLVER
  process.env.NAPI_RS_NATIVE_LIBRARY_PATH = OFFHEAP_JEST_RESOLVER
  require('unrs-resolver')
  process.env.NAPI_RS_NATIVE_LIBRARY_PATH = NAPI_RS_NATIVE_LIBRARY_PATH
}
