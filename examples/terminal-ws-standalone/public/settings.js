/**
 * What the page remembers: its looks for the browser, its terminals for the tab. A browser that keeps nothing for this
 * site (site data blocked, a frame without storage) throws at each access: there the page forgets, and works.
 */

const STORES = { browser: () => localStorage, tab: () => sessionStorage }

/**
 * @param {string} name
 * @param {'browser' | 'tab'} [store]
 * @returns {string | null}
 */
export function setting(name, store = 'browser') {
  try {
    return STORES[store]().getItem(`offheap.${name}`)
  } catch {
    return null
  }
}

/**
 * @param {string} name
 * @param {string | null} value  `null` to forget it
 * @param {'browser' | 'tab'} [store]
 */
export function keepSetting(name, value, store = 'browser') {
  try {
    if (value === null) STORES[store]().removeItem(`offheap.${name}`)
    else STORES[store]().setItem(`offheap.${name}`, value)
  } catch {
    // Nothing is kept, then.
  }
}
