/**
 * Close codes that this side sends (the server keeps the shell for a reconnection): `tripped`, reported
 * when the circuit opens and never sent; `silent`, the peer gave no sign of life; `parked`, the page is kept for the
 * browser's "back"; `broken`, what the server sent cannot be trusted.
 */
export const CloseCode = Object.freeze({ tripped: 4000, silent: 4004, parked: 4002, broken: 4003 })
