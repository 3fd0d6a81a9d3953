/**
 * How the page was reached. Opening a terminal runs what the files of its folder set up, and the address chooses the
 * folder: where another site's link led here, that is the other site's wish. So the page opens nothing by itself then.
 * Who has the token, or a link to a shared terminal, was sent by somebody who may.
 */
import { share, token } from './access.js'
import { keepSetting, setting } from './settings.js'

/** Too long for the second half of a double click that began on the other site. */
const UNARMED_MS = 1000
const $ = (id) => document.getElementById(id)
const isLed = document.documentElement.dataset.visit === 'led' && token === undefined && share === undefined

export class Visit {
  #begin
  /** Whether nothing is opened until the reader asks for it. Whoever agreed to this address need not again. */
  isHeld = isLed && setting('visit', 'tab') !== location.search

  /** @param {() => void} begin opens what the page opens at first */
  constructor(begin) {
    this.#begin = begin
  }

  start() {
    if (this.isHeld) this.#ask()
    else this.#begin()
  }

  #ask() {
    const path = new URLSearchParams(location.search).get('path')
    document.querySelector('#empty h2').textContent = 'Open a terminal?'
    document.querySelector('#empty p').textContent =
      `A link on another site led to this page. A terminal runs what the files of its folder set up${path ? `: ${path}` : '.'}`
    for (const id of ['new', 'empty-new']) {
      $(id).disabled = true
      setTimeout(() => {
        $(id).disabled = false
      }, UNARMED_MS)
    }
  }

  /** The reader has asked for a terminal. */
  agree() {
    this.isHeld = false
    keepSetting('visit', location.search, 'tab')
    this.#begin()
  }
}
