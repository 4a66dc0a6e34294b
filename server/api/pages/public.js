/* The public pages' one script: proof of work, smaller pictures, a pad to sign on, and sending without losing a word.
   Plain, and of the language of 2017: it runs in whatever browser a chat app brings along. */
'use strict'
;(function () {
  var MAX_SIDE = 2000 // px of a picture that is sent
  var PROOF_BITS = 14 // as server/tokens.py
  var body = document.body

  /* SHA-256. crypto.subtle is missing where the page is not served by https. */
  var K = []
  for (var n = 2, found = 0; found < 64; n++) {
    var prime = true
    for (var d = 2; d * d <= n; d++) if (n % d === 0) prime = false
    if (prime) K[found++] = (Math.pow(n, 1 / 3) % 1 * 4294967296) | 0
  }
  function sha256Head(text) {
    var bytes = Array.from(text, function (c) { return c.charCodeAt(0) }) // the challenge is ASCII
    var length = bytes.length
    bytes.push(128)
    while (bytes.length % 64 !== 56) bytes.push(0)
    for (var i = 7; i >= 0; i--) bytes.push(i > 3 ? 0 : (length * 8) >>> (i * 8) & 255)
    var h = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]
    for (var at = 0; at < bytes.length; at += 64) {
      var w = []
      for (var j = 0; j < 64; j++) {
        if (j < 16) w[j] = bytes[at + 4 * j] << 24 | bytes[at + 4 * j + 1] << 16 | bytes[at + 4 * j + 2] << 8 | bytes[at + 4 * j + 3]
        else {
          var x = w[j - 15], y = w[j - 2]
          w[j] = (w[j - 16] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + w[j - 7] + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)) | 0
        }
      }
      var v = h.slice()
      for (j = 0; j < 64; j++) {
        var e = v[4], a = v[0]
        var t1 = (v[7] + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & v[5] ^ ~e & v[6]) + K[j] + w[j]) | 0
        var t2 = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & v[1] ^ a & v[2] ^ v[1] & v[2])) | 0
        v = [(t1 + t2) | 0, a, v[1], v[2], (v[3] + t1) | 0, e, v[5], v[6]]
      }
      for (j = 0; j < 8; j++) h[j] = (h[j] + v[j]) | 0
    }
    return h[0] >>> 0
  }
  function prove(challenge) {
    for (var i = 0; ; i++) if (sha256Head(challenge + ':' + i) >>> (32 - PROOF_BITS) === 0) return String(i)
  }

  /* A picture as JPEG of at most MAX_SIDE, upright; as it is when this browser cannot read it. */
  function smaller(file) {
    return new Promise(function (done) {
      var image = new Image(), url = URL.createObjectURL(file)
      image.onerror = function () { done(file) }
      image.onload = function () {
        var scale = Math.min(1, MAX_SIDE / Math.max(image.naturalWidth, image.naturalHeight))
        var canvas = document.createElement('canvas')
        canvas.width = Math.round(image.naturalWidth * scale)
        canvas.height = Math.round(image.naturalHeight * scale)
        canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
        URL.revokeObjectURL(url)
        canvas.toBlob(function (blob) { done(blob && blob.size < file.size ? blob : file) }, 'image/jpeg', 0.85)
      }
      image.src = url
    })
  }
  function pictures(form) {
    var kept = [], list = form.querySelector('.pictures ul'), input = form.querySelector('input[type=file]')
    if (!input) return kept
    input.addEventListener('change', function () {
      Array.prototype.forEach.call(input.files, function (file) {
        if (kept.length >= Number(form.dataset.max)) return
        var one = { blob: smaller(file) }, item = document.createElement('li'), image = document.createElement('img'), drop = document.createElement('button')
        kept.push(one)
        one.blob.then(function (blob) { image.src = URL.createObjectURL(blob) })
        image.alt = file.name
        drop.type = 'button'
        drop.textContent = list.dataset.remove
        drop.addEventListener('click', function () { kept.splice(kept.indexOf(one), 1); item.remove() })
        item.append(image, drop)
        list.append(item)
      })
      input.value = ''
    })
    return kept
  }

  /* The pad: strokes as the phone keeps them, drawn again when the page turns. */
  function pad(form) {
    var canvas = form.querySelector('canvas')
    if (!canvas) return null
    var strokes = [], now = null, width = 0, height = 0, began = Date.now()
    function draw() {
      var ratio = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect()
      if (!strokes.length) { width = box.width; height = box.height }
      canvas.width = Math.round(box.width * ratio)
      canvas.height = Math.round(box.height * ratio)
      var pen = canvas.getContext('2d')
      pen.scale(canvas.width / width, canvas.height / height)
      pen.lineWidth = 2.5
      pen.lineCap = pen.lineJoin = 'round'
      pen.strokeStyle = '#111827'
      strokes.forEach(function (stroke) {
        pen.beginPath()
        stroke.points.forEach(function (p, i) { if (i) pen.lineTo(p[0], p[1]); else pen.moveTo(p[0], p[1]) })
        pen.stroke()
      })
    }
    function point(event) {
      var box = canvas.getBoundingClientRect()
      return [Math.round((event.clientX - box.left) * width / box.width), Math.round((event.clientY - box.top) * height / box.height), Date.now() - began]
    }
    canvas.addEventListener('pointerdown', function (event) {
      event.preventDefault()
      canvas.setPointerCapture(event.pointerId)
      now = { points: [point(event)] }
      strokes.push(now)
      canvas.removeAttribute('aria-invalid')
    })
    canvas.addEventListener('pointermove', function (event) { if (now) { now.points.push(point(event)); draw() } })
    var up = function () { now = null; draw() }
    canvas.addEventListener('pointerup', up)
    canvas.addEventListener('pointercancel', up)
    window.addEventListener('resize', draw)
    form.querySelector('[data-clear]').addEventListener('click', function () { strokes = []; draw() })
    draw()
    return {
      canvas: canvas,
      hasInk: function () { return strokes.some(function (s) { return s.points.length > 1 }) },
      strokes: function () { return JSON.stringify({ width: Math.round(width), height: Math.round(height), strokes: strokes }) },
      image: function () { return new Promise(function (done) { canvas.toBlob(done, 'image/png') }) },
    }
  }

  /* What was typed survives a reload of this tab. */
  function remember(form) {
    var key = 'form:' + location.pathname, fields = Array.prototype.slice.call(form.querySelectorAll('input:not([type=hidden]):not([type=file]), textarea'))
    try {
      var kept = JSON.parse(sessionStorage.getItem(key) || '{}')
      fields.forEach(function (f) {
        if (f.type === 'checkbox' || f.type === 'radio') f.checked = (kept[f.name] || []).indexOf(f.value) >= 0
        else if (kept[f.name]) f.value = kept[f.name][0]
      })
    } catch (error) { /* a browser without storage types anew */ }
    form.addEventListener('input', function (event) {
      if (event.target.type !== 'file') event.target.removeAttribute('aria-invalid')
      if (event.target.type === 'radio') event.target.closest('fieldset').removeAttribute('aria-invalid')
      var said = {}
      fields.forEach(function (f) { if (f.type === 'checkbox' || f.type === 'radio' ? f.checked : f.value) (said[f.name] = said[f.name] || []).push(f.value) })
      try { sessionStorage.setItem(key, JSON.stringify(said)) } catch (error) { /* as above */ }
    })
    return function () { try { sessionStorage.removeItem(key) } catch (error) { /* as above */ } }
  }

  function wrong(form, ink) {
    var marked = Array.prototype.filter.call(form.querySelectorAll('[required]'), function (f) { return !f.value.trim() || !f.checkValidity() })
    if (form.dataset.form === 'rate') marked = marked.concat(Array.prototype.filter.call(form.querySelectorAll('[data-stars]'), function (f) { return !f.querySelector(':checked') }))
    if (ink && !ink.hasInk()) marked.push(ink.canvas)
    marked.forEach(function (f) { f.setAttribute('aria-invalid', 'true') })
    return marked
  }

  async function contents(form, shots, ink) {
    var data = new FormData(form)
    if (shots.length) for (var i = 0; i < shots.length; i++) data.append('pictures', await shots[i].blob, 'picture.jpg')
    if (ink) {
      var rating = {}
      ;['speed', 'solution', 'attitude'].forEach(function (name) { if (data.get(name)) rating[name] = Number(data.get(name)); data.delete(name) })
      if (Object.keys(rating).length) data.set('rating', JSON.stringify(rating))
      data.set('strokes', ink.strokes())
      data.set('image', await ink.image(), 'signature.png')
    }
    if (data.get('challenge')) data.set('proof', prove(data.get('challenge')))
    return data
  }

  Array.prototype.forEach.call(document.querySelectorAll('form[data-form]'), function (form) {
    var shots = pictures(form), ink = pad(form), forget = remember(form)
    var fault = form.querySelector('.fault'), button = form.querySelector('[type=submit]'), label = button.textContent
    function say(text) { fault.textContent = text; fault.hidden = !text }
    form.addEventListener('submit', async function (event) {
      event.preventDefault()
      var marked = wrong(form, ink)
      if (marked.length) {
        say(body.dataset.fill)
        ;(marked[0].querySelector('input') || marked[0]).focus()
        return
      }
      say('')
      button.disabled = true
      button.textContent = body.dataset.sending
      await new Promise(function (done) { setTimeout(done, 30) }) // let it be painted: the proof keeps the page busy
      try {
        var answer = await fetch(location.pathname, { method: 'POST', body: await contents(form, shots, ink), headers: { 'Accept-Language': document.documentElement.lang } })
        var said = await answer.json()
        if (answer.ok) { forget(); location.replace(said.to); return }
        Object.keys(said.errors || {}).forEach(function (name) { var f = form.elements[name]; if (f && f.setAttribute) f.setAttribute('aria-invalid', 'true') })
        say(said.detail || body.dataset.offline)
      } catch (error) { say(body.dataset.offline) }
      button.disabled = false
      button.textContent = label
    })
  })

  var copy = document.querySelector('[data-copy]')
  if (copy) copy.addEventListener('click', async function () {
    var url = location.origin + location.pathname
    try { await navigator.clipboard.writeText(url) } catch (error) { window.prompt('', url); return }
    copy.textContent = copy.dataset.copied
  })
})()
