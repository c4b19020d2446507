package view

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/portal/locale"
	"entente/static"
)

// funcs are the template functions, bound to the set and through it to the page being rendered.
func (s *set) funcs() template.FuncMap {
	return template.FuncMap{
		"content": func() (template.HTML, error) { return s.block("") },
		"title":   func() (template.HTML, error) { return s.block(".title") },
		"crumb":   func() (template.HTML, error) { return s.block(".crumb") },
		"actions": func() (template.HTML, error) { return s.block(".actions") },
		"base":    func() *Base { return s.base },
		"meta":    func() frame { return frame{s.meta.block, s.meta.nav, s.meta.head, s.meta.bare, s.meta.fixed} },
		"p":       func() *locale.Printer { return s.base.P },
		"lang":    func() string { return string(s.base.P.Language()) },
		"nav":     func() []navGroup { return s.base.groups(s.meta.nav) },
		"tabs":    func() []navLink { return s.base.tabs(s.meta.nav) },
		"theme":   func() Theme { return s.base.shownTheme() },
		"chat":    func() bool { return s.chat() },
		"id":      func(stem string) string { s.ids++; return stem + "-" + strconv.Itoa(s.ids) },

		"T":        func(key string, args ...any) string { return T(key, args...).In(s.base.P) },
		"N":        func(key string, n int, args ...any) string { return T(key, append(args, "n", n)...).In(s.base.P) },
		"text":     func(t Text) string { return t.In(s.base.P) },
		"raw":      Raw,
		"key":      T,
		"word":     func(st State) string { return st.word(s.base.P) },
		"money":    func(m Money) string { return s.base.P.Money(m.Amount, m.Currency) },
		"cash":     func(amount, currency string) Money { return Money{amount, currency} },
		"amount":   func(a string) string { return s.base.P.Money(a, "") },
		"quantity": func(q Quantity) string { return s.base.P.Quantity(q.Value, q.Unit) },
		"qty":      func(v string) string { return s.base.P.Quantity(v, "") },
		"unit":     func(code string) string { return s.base.P.Unit(code) },
		"bytes":    func(n int64) string { return s.base.P.Bytes(n) },
		"count":    func(n int) string { return s.base.P.Count(n) },
		"upto": func(n int) string {
			if n > mostCounted {
				return s.base.P.T("list.over", "n", s.base.P.Count(mostCounted))
			}
			return s.base.P.Count(n)
		},
		"badge": func(n int) string {
			if n > mostBadge {
				return s.base.P.T("list.over", "n", s.base.P.Count(mostBadge))
			}
			return s.base.P.Count(n)
		},
		"date":     func(d Date) string { return s.base.P.Date(string(d)) },
		"instant":  func(t time.Time) string { return s.base.P.Instant(t) },
		"moment":   func(t time.Time) string { return s.base.P.Moment(t) },
		"stamp":    func(t time.Time) string { return s.base.P.Stamp(t) },
		"clock":    func(t time.Time) string { return s.base.P.Clock(t) },
		"day":      func(t time.Time) string { return s.base.P.Day(t) },
		"today":    func() string { return s.base.P.Day(s.base.P.Now()) },
		"relative": func(t time.Time) string { return s.base.P.Relative(t) },
		"left":     func(t time.Time) string { return s.base.P.Left(t) },
		"duration": func(d time.Duration) string { return s.base.P.Duration(d) },
		"list":     func(w []string) string { return s.base.P.List(w) },
		"sign":     locale.CurrencySign,
		"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },

		"ring":     func(since, due time.Time) ring { return ringAt(s.base.P.Now(), since, due) },
		"icon":     icon,
		"toneicon": func(t Tone) string { return t.icon() },
		"asset":    static.URL,
		"initials": initials,
		"hue":      hue,
		"status":   func(st State) Status { return Status{State: st} },
		"days":     func(r *Room) []day { return daysOf(s.base.P, r) },
		"field":    s.field,
		"at":       stemmed,
		"args":     args,
		"label":    func(form Form, e FieldError) string { return s.base.P.T("field." + plainField(e.Field)) },
		"last":     func(i, n int) bool { return i == n-1 },
		"add":      func(a, b int) int { return a + b },
		"join":     strings.Join,
		"known":    knownStatus,
		"has":      func(list []string, one string) bool { return slices.Contains(list, one) },
		"anchor":   anchor,
	}
}

// frame is what layouts may ask of the page's meta.
type frame struct {
	Block             string
	Nav               NavID
	Head, Bare, Fixed bool
}

// icon draws a symbol of the sprite. Names in templates are checked by a test; a name out of a struct that the sprite lacks shows as a plain circle.
func icon(name string, class ...string) template.HTML {
	if !static.HasIcon(name) {
		name = Grey.icon()
	}
	c := "icon"
	if len(class) > 0 {
		c += " " + template.HTMLEscapeString(class[0])
	}
	return template.HTML(`<svg class="` + c + `" aria-hidden="true"><use href="` + static.URL("img/icons.svg") + `#` + name + `"/></svg>`)
}

// initials are the letters of an avatar: two of a Latin name, one character of a Chinese person, two of a Chinese company.
func initials(name string, company bool) string {
	runes := []rune(strings.TrimSpace(name))
	if len(runes) == 0 {
		return "?"
	}
	if runes[0] > 0x2e7f {
		if company && len(runes) > 1 {
			return string(runes[:2])
		}
		return string(runes[:1])
	}
	words := strings.Fields(name)
	out := []rune(words[0])[:1]
	if len(words) > 1 {
		out = append(out, []rune(words[1])[0])
	}
	return strings.ToUpper(string(out))
}

// hue chooses one of the eight avatar colours by name, always the same for the same name.
func hue(name string) string {
	sum := uint32(2166136261)
	for _, b := range []byte(name) {
		sum = (sum ^ uint32(b)) * 16777619
	}
	return string("abcdefgh"[sum>>28%8])
}

// anchor makes an id out of a word: letters and digits kept, the rest a hyphen.
func anchor(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, s)
}

// ring is the countdown: Part of 100 is left, Class says how urgent.
type ring struct {
	Part  int
	Class string
}

// ringAt measures what is left of the span: blue over half, amber under half, red under a fifth or past.
func ringAt(now, since, due time.Time) ring {
	if since.IsZero() || !due.After(since) {
		since = due.Add(-48 * time.Hour)
	}
	part := int(100 * due.Sub(now) / due.Sub(since))
	part = max(0, min(100, part))
	switch {
	case part < 20:
		return ring{part, "hot"}
	case part > 50:
		return ring{part, "calm"}
	}
	return ring{part, ""}
}

// day is the messages of one civil day of the reader.
type day struct {
	Title    string
	Messages []line
}

// line is a message with what the layout needs to know about its neighbours.
type line struct {
	Message
	New bool // the first one after the read mark
}

func daysOf(p *locale.Printer, r *Room) []day {
	var out []day
	marked := false
	for _, m := range r.Messages {
		title := p.Day(m.At)
		if len(out) == 0 || out[len(out)-1].Title != title {
			out = append(out, day{Title: title})
		}
		l := line{Message: m}
		if !marked && r.Read > 0 && m.Seq > r.Read && !m.Mine {
			l.New, marked = true, true
		}
		last := &out[len(out)-1]
		last.Messages = append(last.Messages, l)
	}
	return out
}

// args packs values for a part that needs several: args "Room" .Room "Compact" true.
func args(pairs ...any) map[string]any { return data(pairs) }

func data(pairs []any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// knownStatus keeps the statuses that have words of their own; the rest speak as 500 or, below it, as 422.
func knownStatus(status int) int {
	switch status {
	case 403, 404, 409, 413, 422, 429, 500, 503:
		return status
	}
	if status < 500 {
		return 422
	}
	return 500
}

// chat tells whether the live client is loaded: it fills the page's rooms, keeps unread counts and the light in the rail, and says what changed.
func (s *set) chat() bool { return s.base.Live && s.base.Company != nil && s.base.Person != nil }

// shownTheme is the value of data-bs-theme; empty leaves it to the system.
func (b *Base) shownTheme() Theme {
	if b.Theme == ThemeLight || b.Theme == ThemeDark {
		return b.Theme
	}
	return ""
}
