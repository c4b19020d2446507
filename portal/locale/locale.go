// Package locale turns keys, instants, civil dates, money and quantities into words in a person's language and time zone.
//
// Texts live in the *.en.json and *.zh-CN.json files beside this code; nothing a person reads is written in Go.
// Every message is one key. A key that is missing shows as ⟦key⟧ and fails the tests.
package locale

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Language is one of the languages the portal speaks, as a BCP 47 tag.
type Language string

// The languages of the portal.
const (
	English Language = "en"
	Chinese Language = "zh-CN"
)

// Languages lists what a person may choose from, in the order of the menu.
func Languages() []Language { return []Language{English, Chinese} }

//go:embed *.json
var files embed.FS

var bundle = sync.OnceValue(load)

type texts struct {
	localizers map[Language]*i18n.Localizer
	keys       map[Language]map[string]bool
	simple     map[Language]map[string]message // texts without plural and with plain places only: written without the template engine
	twice      []string                        // keys that two files give: the tests fail on them, the program lives with the later one
}

// load reads every embedded file named topic.language.json. A broken file is a fault of the build and panics at first use.
func load() texts {
	b := i18n.NewBundle(language.English) // of what is not simple: it holds some megabytes for a language
	out := texts{localizers: map[Language]*i18n.Localizer{}, keys: map[Language]map[string]bool{}, simple: map[Language]map[string]message{}}
	for _, l := range Languages() {
		out.keys[l] = map[string]bool{}
		out.simple[l] = map[string]message{}
	}
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		panic(fmt.Errorf("locale: %w", err))
	}
	sort.Strings(names)
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(fmt.Errorf("locale: %w", err))
		}
		file, err := i18n.ParseMessageFileBytes(text, name, nil)
		if err != nil {
			panic(fmt.Errorf("locale: %s: %w", name, err))
		}
		lang := Language(file.Tag.String())
		if out.keys[lang] == nil {
			panic(fmt.Errorf("locale: %s: %q is not a language of the portal", name, lang))
		}
		var others []*i18n.Message
		for _, m := range file.Messages {
			if out.keys[lang][m.ID] {
				out.twice = append(out.twice, name+": "+m.ID)
			}
			out.keys[lang][m.ID] = true
			if m.One == "" {
				if plain, ok := compile(m.Other); ok {
					plain.spaced = lang == Chinese && !strings.HasPrefix(m.ID, "date.") && !strings.HasPrefix(m.ID, "duration.")
					out.simple[lang][m.ID] = plain
					continue
				}
			}
			others = append(others, m)
		}
		if err := b.AddMessages(file.Tag, others...); err != nil {
			panic(fmt.Errorf("locale: %s: %w", name, err))
		}
	}
	for _, l := range Languages() {
		out.localizers[l] = i18n.NewLocalizer(b, string(l))
	}
	return out
}

// Has tells whether the key exists in the language.
func Has(lang Language, key string) bool { return bundle().keys[lang][key] }

// Keys lists every key of the language, sorted.
func Keys(lang Language) []string {
	set := bundle().keys[lang]
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.MustParse("zh-CN")})

// Match chooses the language: the person's own setting when it is one of ours, else the best of the Accept-Language header, else English.
func Match(acceptLanguage, personSetting string) Language {
	for _, l := range Languages() {
		if string(l) == personSetting {
			return l
		}
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return English
	}
	_, at, sure := matcher.Match(tags...)
	if sure == language.No {
		return English
	}
	return Languages()[at]
}

// Printer writes in one language, for one time zone, at one moment. It is a small value made per request and safe for concurrent use.
type Printer struct {
	lang Language
	zone *time.Location
	now  time.Time
}

// New makes a Printer. A nil zone is UTC; an unknown language is English. Now is the moment of the request: it decides "today" and "this year".
func New(lang Language, zone *time.Location, now time.Time) *Printer {
	if bundle().localizers[lang] == nil {
		lang = English
	}
	if zone == nil {
		zone = time.UTC
	}
	return &Printer{lang: lang, zone: zone, now: now}
}

// Language tells which language the Printer writes.
func (p *Printer) Language() Language { return p.lang }

// Zone tells the time zone the Printer shows.
func (p *Printer) Zone() *time.Location { return p.zone }

// Now is the moment the Printer was made for, in its zone.
func (p *Printer) Now() time.Time { return p.now.In(p.zone) }

// T writes the text of the key. Args are name, value pairs for the {{.name}} places of the text; one map[string]any does as well.
func (p *Printer) T(key string, args ...any) string { return p.write(key, nil, args) }

// N writes the plural form of the key for n; the text may use {{.n}} besides the named args.
func (p *Printer) N(key string, n int, args ...any) string {
	return p.write(key, n, append(slices.Clip(args), "n", p.Count(n)))
}

func (p *Printer) write(key string, plural any, args []any) string {
	if !Has(p.lang, key) {
		return "⟦" + key + "⟧"
	}
	if strings.HasPrefix(key, "notice.") || strings.HasPrefix(key, "event.") {
		args = p.stored(args)
	}
	if plain, ok := bundle().simple[p.lang][key]; ok {
		return plain.write(args)
	}
	out, err := bundle().localizers[p.lang].Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data(args), PluralCount: plural})
	if err != nil {
		return "⟦" + key + "⟧"
	}
	return out
}

func data(args []any) map[string]any {
	if len(args) == 1 {
		if m, ok := args[0].(map[string]any); ok {
			return m
		}
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[fmt.Sprint(args[i])] = args[i+1]
	}
	return m
}

// List joins words as the language does: "a, b and c", "a、b、c".
func (p *Printer) List(words []string) string {
	if p.lang == Chinese {
		return strings.Join(words, "、")
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + p.T("list.and") + " " + words[len(words)-1]
}
