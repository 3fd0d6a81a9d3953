/**
 * A name for a session, or for news of one: its project and its id. The length
 * keeps two pairs apart whose texts together are the same.
 *
 * @param {{ id: string, projectId?: string | null }} session
 */
function keyOf({ id, projectId }) {
  const project = projectId ?? ''
  return `${project.length}:${project}${id}`
}

module.exports = { keyOf }
