// The demo shop's page. It sells nothing; it shows what a shop with an official SDK sends, and what its
// visitors' choices do to that. Products and names of events come from events.toml, as for `candor demo`.

const { candor, key } = window.SHOP
const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: candor })

// --- the visitor's choice -------------------------------------------------------------------------

const CHOICES = {
  everything: { measure: true, analyse: true, "link-devices": true },
  counting: { measure: true, analyse: false, "link-devices": false },
  nothing: { measure: false, analyse: false, "link-devices": false },
}

const bar = document.getElementById("consent")
let choice = CHOICES[localStorage.getItem("choice")]

// The choice rides on every event. Before one is made nothing is said, and Candor refuses the event.
analytics.addSourceMiddleware(({ payload, next }) => {
  if (choice) payload.obj.context = { ...payload.obj.context, consent: { categoryPreferences: choice } }
  next(payload)
})

async function choose(name) {
  choice = CHOICES[name]
  localStorage.setItem("choice", name)
  bar.hidden = true
  // Also said on its own, so that a withdrawal counts at once and not with the next event.
  const user = await analytics.user()
  await fetch(`${candor}/v1/consent`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Write-Key": key },
    body: JSON.stringify({ device_id: user.anonymousId(), purposes: choice }),
  })
  say("choice", name)
}

bar.addEventListener("click", ({ target }) => target.dataset.choice && choose(target.dataset.choice))
document.getElementById("again").addEventListener("click", () => {
  bar.hidden = false
  bar.querySelector("button").focus()
})
bar.hidden = Boolean(choice)

// --- what is sold ---------------------------------------------------------------------------------

/** As much of TOML as events.toml needs: tables, lists of tables, texts and numbers. */
function read(toml) {
  const all = {}
  let table = all
  for (const line of toml.split("\n")) {
    const list = line.match(/^\[\[(\w+)\]\]/)
    const single = line.match(/^\[(\w+)\]/)
    const entry = line.match(/^([\w-]+) = (.+)$/)
    if (list) (all[list[1]] ??= []).push((table = {}))
    else if (single) table = all[single[1]] = {}
    else if (entry) table[entry[1]] = JSON.parse(entry[2])
  }
  return all
}

const money = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" })
let shop = { products: [], events: {} }
let cart = JSON.parse(localStorage.getItem("cart") ?? "[]")

const found = (id) => shop.products.find((product) => product.id === id)
const total = () => cart.reduce((sum, { id, quantity }) => sum + found(id).price * quantity, 0)

function fields({ id, name, category, brand, price }, quantity = 1) {
  return { product_id: id, name, category, brand, price, quantity, currency: "EUR" }
}

function keep() {
  localStorage.setItem("cart", JSON.stringify(cart))
  document.getElementById("count").textContent = cart.reduce((sum, { quantity }) => sum + quantity, 0)
}

function add(product) {
  const line = cart.find(({ id }) => id === product.id)
  if (line) line.quantity += 1
  else cart.push({ id: product.id, quantity: 1 })
  keep()
  track("add", fields(product))
}

// --- what is sent ---------------------------------------------------------------------------------

function say(what, about = "") {
  const list = document.getElementById("sent")
  const line = document.createElement("li")
  line.textContent = about ? `${what}: ${about}` : what
  list.prepend(line)
  while (list.children.length > 6) list.lastChild.remove()
}

function track(step, properties) {
  const name = shop.events[step] ?? step
  analytics.track(name, properties)
  say(name, properties.name ?? properties.query ?? "")
}

// --- the pages ------------------------------------------------------------------------------------

const main = document.getElementById("page")

/** An element with its text or children; what a visitor typed is never read as HTML. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value)
  }
  element.append(...children)
  return element
}

function picture(product) {
  const initials = product.name.split(" ").map((word) => word[0])
  return make("span", { class: "picture", "aria-hidden": "true" }, initials.join(""))
}

function list(products) {
  const item = (product) =>
    make("li", {}, make("a", { href: `#/product/${product.id}` }, picture(product), product.name,
      make("div", { class: "quiet" }, product.brand), make("div", { class: "price" }, money.format(product.price))))
  return make("ul", { class: "products" }, ...products.map(item))
}

const PAGES = {
  "": () => ["Home", make("h1", {}, "For any weather"), list(shop.products)],

  search(query) {
    const text = query.toLowerCase()
    const hits = shop.products.filter((product) => `${product.name} ${product.category}`.toLowerCase().includes(text))
    track("search", { query })
    const title = make("h1", {}, `${hits.length} found for “${query}”`)
    return ["Search", title, hits.length > 0 ? list(hits) : make("p", {}, "Try “jacket” or “shoes”.")]
  },

  product(id) {
    const product = found(id)
    if (!product) return missing()
    track("view", fields(product))
    const buy = make("button", { class: "do", onclick: () => add(product) }, "Put into the cart")
    const about = make("div", {}, make("h1", {}, product.name), make("p", { class: "quiet" }, product.brand),
      make("p", { class: "price" }, money.format(product.price)), buy)
    return [product.name, make("div", { class: "detail" }, picture(product), about)]
  },

  cart() {
    if (cart.length === 0) return ["Cart", make("h1", {}, "Your cart is empty"), make("a", { href: "#/" }, "Look around")]
    const row = ({ id, quantity }) =>
      make("tr", {}, make("td", {}, found(id).name), make("td", {}, String(quantity)),
        make("td", {}, money.format(found(id).price * quantity)))
    const head = make("tr", {}, ...["Product", "How many", "Price"].map((text) => make("th", { scope: "col" }, text)))
    const sum = make("tr", {}, make("th", { colspan: "2" }, "Together"), make("td", {}, money.format(total())))
    return ["Cart", make("h1", {}, "Cart"), make("table", {}, head, ...cart.map(row), sum),
      make("p", {}, make("button", { class: "do", onclick: () => go("checkout") }, "Go to checkout"))]
  },

  checkout() {
    if (cart.length === 0) return PAGES.cart()
    track("checkout", { value: total(), currency: "EUR" })
    const order = () => {
      const products = cart.map(({ id, quantity }) => fields(found(id), quantity))
      const id = `order-${crypto.randomUUID().slice(0, 8)}`
      track("order", { order_id: id, total: total(), revenue: total(), currency: "EUR", products })
      cart = []
      keep()
      go("thanks")
    }
    return ["Checkout", make("h1", {}, "Checkout"), make("p", {}, `${money.format(total())}, paid with nothing.`),
      make("button", { class: "do", onclick: order }, "Order")]
  },

  thanks: () => ["Thank you", make("h1", {}, "Thank you"), make("p", {}, "Nothing will be delivered.")],

  login() {
    const field = make("input", { id: "user", name: "user", required: "", autocomplete: "username" })
    const enter = (event) => {
      event.preventDefault()
      const user = field.value.trim()
      analytics.identify(user)
      say("identify")
      track("Signed In", { method: "form" })
      document.getElementById("account").textContent = user
      go("")
    }
    return ["Sign in", make("h1", {}, "Sign in"), make("p", {}, "Any name will do; there is no password."),
      make("form", { onsubmit: enter }, make("label", { for: "user" }, "Name"), field,
        make("p", {}, make("button", { class: "do" }, "Sign in")))]
  },
}

function missing() {
  return ["Not found", make("h1", {}, "There is no such page"), make("a", { href: "#/" }, "To the shop")]
}

const go = (where) => (location.hash = `#/${where}`)

function show() {
  const [name, ...rest] = location.hash.slice(2).split("/")
  const page = Object.hasOwn(PAGES, name) ? PAGES[name] : missing
  const [title, ...content] = page(decodeURIComponent(rest.join("/")))
  document.title = `${title} · Nordwand & Kiez`
  main.replaceChildren(...content)
  main.focus({ preventScroll: true })
  scrollTo(0, 0)
  analytics.page("Shop", title)
  say("page", title)
}

document.querySelector("[role=search]").addEventListener("submit", (event) => {
  event.preventDefault()
  const query = new FormData(event.target).get("query").trim()
  if (query) go(`search/${encodeURIComponent(query)}`)
})
document.getElementById("console").href = candor

fetch("/events.toml")
  .then((answer) => answer.text())
  .then((text) => {
    shop = read(text)
    keep()
    addEventListener("hashchange", show)
    show()
  })
