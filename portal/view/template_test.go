package view

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"entente/portal/locale"
)

// sources are the template files by name.
func sources(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	names, err := fs.Glob(files, "templates/*/*.html")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d templates, %v", len(names), err)
	}
	for _, n := range names {
		b, err := files.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out[n] = string(b)
	}
	return out
}

var (
	usedKey   = regexp.MustCompile(`[({ ](?:T|N|key) "([a-z][A-Za-z0-9_.:-]*)"`)
	madeKey   = regexp.MustCompile(`T \(printf "([a-z_]+\.)`)
	fieldName = regexp.MustCompile(`field \$?\.?[A-Za-z.]+ (?:"([a-z0-9_]+)"|\(printf "[^"]*\.([a-z_]+)")`)
	fieldText = regexp.MustCompile(`"(?:label|hint|placeholder)" "([a-z0-9_.]+)"`)
	usedIcon  = regexp.MustCompile(`icon "([a-z0-9-]+)"`)
	argIcon   = regexp.MustCompile(`"Icon" "([a-z0-9-]+)"`)
	action    = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	keyboard  = regexp.MustCompile(`<kbd[^>]*>[^<]*</kbd>`)
	anyTag    = regexp.MustCompile(`(?s)<(?:"[^"]*"|'[^']*'|[^>"'])*>`)
	attribute = regexp.MustCompile(` [a-z-]+="[^"]*"| (?:required|autofocus|disabled|selected|checked)\b`)
	letters   = regexp.MustCompile(`\p{L}{2,}`)
	spoken    = regexp.MustCompile(`(?:aria-label|title|placeholder|alt|data-word-[a-z]+)="([^"]*)"`)
)

// families are keys chosen at run time: by a state, a role, a unit, a fault, an event. Whoever owns the set of values owns the keys.
var families = []string{"state.", "event.", "need.", "said.", "mark.", "hold.", "reason.", "unit.", "role.", "scope.", "source.", "identitykind.", "channel.", "ack.", "document.", "side.", "party.", "pips.", "chain.", "field.", "start.", "mail.", "error.", "account.", "catalog.", "token.", "form.", "live.", "room.", "trade.", "edi.", "order.", "orders.", "message.", "partner.", "platform.", "action.line.", "theme.", "language.", "month.", "weekday.", "date.", "duration.", "time.", "tab.", "nav.", "list.", "catalogue.", "action.", "rooms.", "inbox.", "demo."}

func TestKeysOfTemplatesExist(t *testing.T) {
	used := map[string]bool{}
	for name, src := range sources(t) {
		for _, m := range usedKey.FindAllStringSubmatch(src, -1) {
			used[m[1]] = true
		}
		for _, m := range fieldName.FindAllStringSubmatch(src, -1) {
			if !strings.Contains(src, `"label"`) {
				used["field."+m[1]+m[2]] = true
			}
		}
		for _, m := range fieldText.FindAllStringSubmatch(src, -1) {
			used[m[1]] = true
		}
		for _, m := range madeKey.FindAllStringSubmatch(src, -1) {
			if !slices.ContainsFunc(locale.Keys(locale.English), func(k string) bool { return strings.HasPrefix(k, m[1]) }) {
				t.Errorf("%s makes keys %s… and there is none", name, m[1])
			}
		}
	}
	if len(used) < 300 {
		t.Fatalf("found only %d keys in the templates", len(used))
	}
	for key := range used {
		for _, lang := range locale.Languages() {
			if !locale.Has(lang, key) {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
	ours, err := os.ReadFile("../locale/ui.en.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range locale.Keys(locale.English) {
		if strings.Contains(string(ours), `"`+key+`"`) && !used[key] && !slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(key, f) }) && !strings.Contains(goSource(t), `"`+key+`"`) {
			t.Errorf("no template uses %s", key)
		}
	}
}

// goSource is the shipped Go code of this package and of locale, where keys are named too.
func goSource(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, pattern := range []string{".", "../locale"} {
		entries, err := os.ReadDir(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
				src, err := os.ReadFile(pattern + "/" + e.Name())
				if err != nil {
					t.Fatal(err)
				}
				b.Write(src)
			}
		}
	}
	return b.String()
}

func TestStatesHaveWords(t *testing.T) {
	for state := range states {
		for _, lang := range locale.Languages() {
			if !locale.Has(lang, "state."+string(state)) {
				t.Errorf("%s has no word for %s", lang, state)
			}
		}
	}
	for _, key := range locale.Keys(locale.English) {
		if state, ok := strings.CutPrefix(key, "state."); ok {
			if _, known := states[State(state)]; !known {
				t.Errorf("%s has a word and no colour", state)
			}
		}
	}
}

// TestNoLiteralText: what a person reads comes from the texts. Heads of tags, kbd caps and template actions are taken out; what is left may hold no word.
func TestNoLiteralText(t *testing.T) {
	for name, src := range sources(t) {
		bare := action.ReplaceAllString(src, "")
		for _, m := range spoken.FindAllStringSubmatch(bare, -1) {
			if letters.MatchString(m[1]) {
				t.Errorf("%s says %q in an attribute", name, m[1])
			}
		}
		words := attribute.ReplaceAllString(anyTag.ReplaceAllString(keyboard.ReplaceAllString(bare, ""), " "), " ")
		if found := letters.FindAllString(strings.ReplaceAll(words, "&nbsp;", " "), -1); found != nil {
			t.Errorf("%s holds words of its own: %q", name, found)
		}
	}
}

func TestBlocksAreDefinedOnce(t *testing.T) {
	define := regexp.MustCompile(`\{\{define "([^"]+)"`)
	where := map[string]string{}
	for name, src := range sources(t) {
		for _, m := range define.FindAllStringSubmatch(src, -1) {
			if other, twice := where[m[1]]; twice {
				t.Errorf("%s is defined in %s and %s", m[1], other, name)
			}
			where[m[1]] = name
		}
	}
	for _, page := range withCatalogue(locale.English, true) {
		if _, ok := where[page.meta().block+".title"]; !ok {
			t.Errorf("%s has no title", page.meta().block)
		}
	}
}

// TestSpriteHoldsWhatIsUsed: the list of icons is exactly what templates, tables and handlers may draw.
func TestSpriteHoldsWhatIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, src := range sources(t) {
		for _, m := range append(usedIcon.FindAllStringSubmatch(src, -1), argIcon.FindAllStringSubmatch(src, -1)...) {
			used[m[1]] = true
		}
	}
	for _, tone := range []Tone{Grey, Blue, Amber, Red, Green, Violet} {
		used[tone.icon()] = true
	}
	for _, e := range entries {
		used[e.icon] = true
	}
	for _, name := range chosen {
		used[name] = true
	}
	list, err := os.ReadFile("../../static/internal/sprite/icons.txt")
	if err != nil {
		t.Fatal(err)
	}
	sprite, err := os.ReadFile("../../static/img/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Fields(string(list))
	for _, name := range listed {
		if !used[name] {
			t.Errorf("nothing draws %s", name)
		}
		if !strings.Contains(string(sprite), `<symbol id="`+name+`"`) {
			t.Errorf("the sprite lacks %s: run the generator", name)
		}
		delete(used, name)
	}
	left := make([]string, 0, len(used))
	for name := range used {
		left = append(left, name)
	}
	sort.Strings(left)
	if len(left) > 0 {
		t.Errorf("the list lacks %v", left)
	}
	if n := strings.Count(string(sprite), "<symbol"); n != len(listed) {
		t.Errorf("the sprite holds %d symbols, the list %d", n, len(listed))
	}
}
