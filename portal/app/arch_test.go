package app

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rule says what a package may import from the project, and why it is so. The
// first rule whose pattern matches decides. A pattern ends in /* for a folder.
type rule struct {
	pkg   string
	allow []string
	why   string
}

var leaves = []string{"prm/fault", "prm/money", "prm/access"}
var dbs = []string{"db", "db/fail", "db/job", "db/blob", "db/audit", "db/search", "db/secret"}

func with(lists ...[]string) []string { return slices.Concat(lists...) }

var imports = []rule{
	{"main", []string{"portal/app"}, "the root only starts the composition root"},
	{"edi/wire", nil, "the words every EDI package shares import nothing"},
	{"edi/as2", nil, "AS2 is a codec: headers and bytes in, headers and bytes out; agreements and keys are arguments"},
	{"edi/doc", nil, "business documents are plain values that anybody may use"},
	{"edi/dial", []string{"prm/fault"}, "calling out is guarded in one place, below everything that calls"},
	{"static", nil, "files, nothing else"},
	{"prm/fault", nil, "a leaf: everybody returns faults"},
	{"prm/money", nil, "a leaf: exact numbers depend on nothing"},
	{"portal/locale", nil, "words depend on nothing, so that everything may speak"},
	{"prm/lift", nil, "a leaf: statistics are computed from plain numbers, so that they can be tested against a market made up in the test"},
	{"prm/identity", nil, "a leaf: keys of a company are computed the same everywhere"},
	{"prm/access", []string{"prm/fault"}, "rights are decided without looking anything up"},
	{"edi/x12", []string{"edi/wire"}, "a reader knows positions and limits, not meanings"},
	{"edi/edifact", []string{"edi/wire"}, "a reader knows positions and limits, not meanings"},
	{"edi/schema", []string{"edi/wire", "edi/x12", "edi/edifact"}, "meanings stand on readers and know no storage"},
	{"edi/event", []string{"edi/wire", "edi/schema", "edi/x12", "edi/edifact"}, "events are pulled from the readers, loops from the standard, without storage"},
	{"edi/tree", []string{"edi/wire", "edi/schema", "edi/x12", "edi/edifact"}, "the neutral tree is made of segments and loops, without storage"},
	{"edi/sftp", []string{"prm/fault", "prm/access", "edi/dial"}, "SFTP is spoken here; what is stored and who signs in comes through ports"},
	{"edi/guide", []string{"edi/wire", "edi/schema", "edi/tree", "edi/x12"}, "a partner's guide stands on the standard and is told in its findings"},
	{"edi/ack", []string{"edi/wire", "edi/schema", "edi/x12", "edi/edifact"}, "answers are made of verdicts, without storage"},
	{"edi/translate", []string{"edi/doc", "edi/wire", "edi/schema", "edi/x12", "edi/edifact"}, "translation is pure"},
	{"edi/markup", []string{"edi/doc", "edi/wire"}, "XML is read strictly in one place, and walked both ways into documents"},
	{"edi/idoc", []string{"edi/doc", "edi/markup", "edi/wire"}, "a format turns bytes into documents and back, without storage"},
	{"edi/ubl", []string{"edi/doc", "edi/markup", "edi/wire"}, "a format turns bytes into documents and back, without storage"},
	{"edi/xlsx", []string{"prm/fault"}, "workbooks are read and written without knowing what stands in them"},
	{"edi/flat", []string{"edi/doc", "edi/markup", "edi/wire", "edi/xlsx", "prm/fault"}, "a format turns bytes into documents and back, without storage"},
	{"edi/format", []string{"edi/doc", "edi/flat", "edi/idoc", "edi/markup", "edi/ubl", "edi/wire"}, "the formats of ERP systems in one choice, and what each cannot say"},
	{"edi/gateway", with([]string{"edi/*", "prm/fault", "prm/access"}, dbs), "the one stateful EDI package; business is reached through its ports"},
	{"edi/courier", with([]string{"edi/as2", "edi/gateway", "prm/fault", "prm/access"}, dbs), "AS2 stations, certificates and messages beside the gateway, which knows no transport"},
	{"edi/mask", []string{"edi/wire", "edi/schema", "edi/x12", "edi/edifact"}, "what a document costs is taken out of it by the dictionary alone, without storage"},
	{"edi/inspect", []string{"edi/wire", "edi/schema", "edi/x12", "edi/edifact"}, "what a page shows of a document is read from its bytes, without storage or words"},
	{"edi/share", with([]string{"edi/gateway", "edi/mask", "prm/fault", "prm/access"}, dbs), "links to documents stand above the gateway that keeps these, and show nothing else"},
	{"edi/agreement", with([]string{"edi/*"}, leaves, dbs), "what two companies agreed stands above the gateway and the courier, which it sets; partnerships are reached through a port"},
	{"db", []string{"prm/fault", "db/fail"}, "the database layer knows no business"},
	{"db/*", with([]string{"prm/fault"}, dbs, []string{"db/migrate"}), "the database layer knows no business"},
	{"prm/account", with(leaves, dbs), "people and companies are the ground floor"},
	{"prm/partner", with(leaves, dbs, []string{"prm/account"}), "siblings import downward only"},
	{"prm/location", with(leaves, dbs), "places stand between two companies; what is sent there is not their matter"},
	{"prm/catalog", with(leaves, dbs, []string{"prm/account", "prm/partner"}), "siblings import downward only"},
	{"prm/customer", with(leaves, dbs, []string{"prm/account", "prm/partner", "prm/identity"}), "siblings import downward only"},
	{"prm/mapping/blind", nil, "a leaf: the arithmetic of private comparison is tested against published vectors, without storage"},
	{"prm/mapping", with(leaves, dbs, []string{"prm/customer", "prm/identity", "prm/mapping/blind"}), "comparing lists stands above the customers, whose keys it blinds"},
	{"prm/lead", with(leaves, dbs, []string{"prm/account", "prm/partner", "prm/catalog", "prm/customer", "prm/identity"}), "siblings import downward only"},
	{"prm/deal", with(leaves, dbs, []string{"prm/account", "prm/partner", "prm/catalog", "prm/customer", "prm/lead", "prm/identity"}), "siblings import downward only; orders come as values through the composition root"},
	{"prm/notify", with(leaves, dbs, []string{"prm/account"}), "notices know people, not what they are about"},
	{"prm/precheck", with(leaves, dbs), "how strictly documents are checked before they leave stands below the desk that judges them"},
	{"prm/trade", with(leaves, dbs, []string{"prm/account", "prm/partner", "prm/catalog", "prm/location", "prm/precheck", "edi/doc"}), "trade sees documents as plain values, never the wire"},
	{"prm/returns", with(leaves, dbs, []string{"prm/trade", "edi/doc"}), "goods that go back stand above the orders they came from; their quantities and credits are the order desk's"},
	{"prm/orderdesk", with(leaves, dbs, []string{"prm/trade"}), "what an order desk does with many orders stands above the orders"},
	{"prm/fund", with(leaves, dbs, []string{"prm/account", "prm/partner", "prm/catalog", "prm/trade", "prm/identity"}), "money for partners stands above the invoices it is earned on, and below the promotions that use it"},
	{"prm/promo", with(leaves, dbs, []string{"prm/account", "prm/partner", "prm/catalog", "prm/trade", "prm/fund", "prm/identity", "prm/lift", "edi/doc"}), "promotions stand above the orders they are measured from"},
	{"prm/brand", with(leaves, dbs), "the logo of a company is read by whoever writes its name, and knows nobody"},
	{"prm/landing", with(leaves, dbs, []string{"prm/identity", "prm/lead", "prm/promo"}), "a promotion's public pages stand above the promotion whose terms they tell and the leads they make"},
	{"prm/campaign", with(leaves, dbs, []string{"prm/account", "prm/customer", "prm/identity", "prm/landing", "prm/promo"}), "mail about a promotion stands above the landing page it leads to and the contacts it is written to; it leaves through a port"},
	{"prm/trigger", with(leaves, dbs, []string{"prm/identity"}), "rules that propose an offer read what others keep and change nothing of it; promotions are known through a port"},
	{"prm/adjust", with(leaves, dbs, []string{"prm/catalog", "prm/fund", "prm/promo", "edi/doc"}), "claims that come as documents stand above the promotions that grant them and the funds that pay them"},
	{"prm/sellthrough", with(leaves, dbs, []string{"prm/catalog", "prm/identity"}), "what was sold on is told in the words of the catalogue; who measures something from it reads it through the composition root"},
	{"prm/channel", with(leaves, dbs, []string{"prm/catalog"}), "stock in the channel is read from what others keep and stores nothing"},
	{"prm/protect", with(leaves, dbs, []string{"prm/catalog", "prm/channel", "prm/fund"}), "price protection is reckoned from price lists and the stock in the channel, and becomes a claim of the funds"},
	{"prm/blanket", with(leaves, dbs, []string{"prm/trade", "prm/catalog", "edi/doc"}), "blanket orders stand above the orders that draw on them; their quantities are the order desk's, their units the catalogue's"},
	{"prm/settle", with(leaves, dbs, []string{"prm/account", "prm/trade", "prm/identity", "edi/doc"}), "what follows an invoice stands above the order desk and sees payments as plain values"},
	{"prm/quote", with(leaves, dbs, []string{"prm/catalog", "prm/deal", "prm/trade", "prm/identity"}), "quotes stand above the orders they become, whose lines are the only count of what was ordered"},
	{"prm/approval", with(leaves, dbs, []string{"prm/account", "prm/trade", "prm/blanket", "prm/settle", "prm/quote", "prm/promo"}), "what a company's own rules keep back stands above the desks whose work it is; they reach it through ports"},
	{"prm/engage", with(leaves, dbs, []string{"prm/identity"}), "engagements know companies, deals and leads through ports: nothing of theirs can be carried along"},
	{"chat/broker", nil, "the line between nodes carries bytes"},
	{"chat/hub", []string{"chat/broker"}, "connections know rooms as names only"},
	{"chat/relay", nil, "packets are relayed without knowing whose; where to is a question to its caller"},
	{"chat/attach", []string{"prm/fault"}, "what a file may be is judged in one place, which keeps nothing"},
	{"chat/text", []string{"prm/fault"}, "what people may write is judged in one place, which knows nothing else"},
	{"chat/client", nil, "a client knows the outside contract alone, as any program of a customer does"},
	{"chat/room", with([]string{"prm/fault", "prm/access", "chat/attach", "chat/text"}, dbs), "rooms learn of companies through a port"},
	{"chat/sfu", []string{"chat/relay"}, "media are forwarded without knowing whose; who has a seat is its caller's word. It shares the library's log with the other server"},
	{"chat/call", with([]string{"prm/fault", "prm/access", "chat/room"}, dbs), "calls stand above rooms, whose members may take part"},
	{"chat/forum", with([]string{"prm/fault", "prm/access", "chat/attach", "chat/text"}, dbs), "the forum learns of companies through a port; what people wrote is rendered above it"},
	{"chat/library", with([]string{"prm/fault", "prm/access", "chat/attach", "chat/text"}, dbs), "the library learns who works with whom through a port"},
	{"portal/prose", nil, "what people type becomes safe HTML in one place, which knows nothing else"},
	{"chat/socket", []string{"chat/*", "prm/fault", "prm/access"}, "the socket carries frames; who somebody is comes through a port"},
	{"portal/hook", with([]string{"edi/dial", "prm/fault", "prm/access"}, dbs), "webhooks know addresses and bodies, not what they are about"},
	{"portal/view", []string{"portal/locale", "static", "prm/*", "edi/*", "chat/*"}, "pages hold values, not services"},
	{"portal/problem", []string{"portal/locale", "prm/fault"}, "one JSON form of an error for pages and API"},
	{"portal/letter", []string{"prm/fault"}, "a mail is read without knowing whom it is for"},
	{"portal/form", leaves, "forms check shapes, services check rules"},
	{"portal/session", []string{"prm/account", "prm/access", "prm/fault", "chat/socket", "db"}, "sessions authenticate and never authorise"},
	{"portal/sheet", with(leaves, dbs, []string{"portal/form", "edi/xlsx"}), "tables are read and written without knowing what they are about"},
	{"portal/intake", []string{"portal/sheet", "portal/form"}, "rows become lines of an order without knowing what is sold"},
	{"portal/batch", with(leaves, dbs, []string{"portal/sheet", "portal/intake", "portal/form", "prm/partner", "prm/catalog", "prm/customer", "prm/lead", "prm/sellthrough", "prm/trade", "edi/doc"}), "files of many rows are read and applied through the services; nobody sees a page here"},
	{"portal/paper", with(leaves, []string{"portal/locale", "prm/account", "prm/trade", "prm/settle", "prm/quote", "prm/promo", "prm/landing", "prm/catalog", "prm/brand", "edi/doc", "static"}), "a document is read from the services and laid out from values and words"},
	{"portal/app", []string{"*"}, "the composition root"},
	{"portal/e2e", []string{"*"}, "stories drive the whole program"},
	{"portal/*", []string{"prm/*", "edi/*", "chat/*", "db", "db/*", "portal/view", "portal/form", "portal/hook", "portal/session", "portal/letter", "portal/locale", "portal/mail", "portal/mailin", "portal/push", "portal/problem", "portal/sheet", "portal/intake", "portal/batch", "portal/paper", "portal/prose", "static"}, "handlers use services; nobody imports the composition root"},
}

// fences keep a third-party package inside named places.
var fences = []struct {
	module string
	only   *regexp.Regexp // of "package-folder/file"
	why    string
}{
	{"gorm.io/", regexp.MustCompile(`^db/|/store[^/]*\.go$`), "queries stand in store files, where rights are applied to rows"},
	{"github.com/gofiber/", regexp.MustCompile(`^portal/(app|web|api|session)/|^chat/socket/|^edi/gateway/http\.go$`), "services do not know HTTP"},
	{"github.com/coder/websocket", regexp.MustCompile(`^chat/(socket|client)/`), "one place speaks WebSocket, and one speaks to it"},
	{"github.com/riverqueue/", regexp.MustCompile(`^db/(job|migrate)/`), "jobs are reached through db/job"},
	{"github.com/jackc/", regexp.MustCompile(`^db/`), "drivers stay behind db"},
	{"modernc.org/sqlite", regexp.MustCompile(`^db/`), "drivers stay behind db"},
	{"github.com/pkg/sftp", regexp.MustCompile(`^edi/sftp/`), "one place speaks SFTP"},
	{"golang.org/x/crypto/ssh", regexp.MustCompile(`^edi/sftp/|^(prm/account|portal/app)/(store_)?sftp\.go$`), "one place speaks SSH; others only read and show public keys"},
	{"github.com/emersion/go-smtp", regexp.MustCompile(`^portal/mailin/door\.go$`), "one place takes mail"},
	{"github.com/emersion/go-imap", regexp.MustCompile(`^portal/mailin/imap\.go$`), "one place reads a mailbox"},
	{"github.com/pion/", regexp.MustCompile(`^chat/(relay|sfu)/`), "two places speak to browsers' media: TURN and the SFU"},
	{"golang.org/x/image/", regexp.MustCompile(`^(portal/paper|prm/brand)/`), "one place draws pictures, and one draws logos anew"},
	{"github.com/expr-lang/", regexp.MustCompile(`^prm/trigger/rule\.go$`), "one place compiles conditions, from a whitelist"},
	{"github.com/gtank/ristretto255", regexp.MustCompile(`^prm/mapping/blind/`), "one place does arithmetic with secrets"},
	{"codeberg.org/go-pdf/", regexp.MustCompile(`^portal/paper/`), "one place makes PDFs"},
	{"github.com/danielgtaylor/huma", regexp.MustCompile(`^portal/api/`), "the API's library stays in the API"},
}

// modules are the direct requirements of go.mod; static/docs/design.md says why.
var modules = []string{
	"codeberg.org/go-pdf/fpdf",
	"github.com/coder/websocket", "github.com/danielgtaylor/huma/v2", "github.com/emersion/go-imap/v2", "github.com/emersion/go-smtp", "github.com/expr-lang/expr", "github.com/gofiber/fiber/v2", "github.com/google/uuid", "github.com/gtank/ristretto255", "github.com/jackc/pgx/v5", "github.com/nats-io/nats.go",
	"github.com/nicksnyder/go-i18n/v2", "github.com/pion/ice/v4", "github.com/pion/interceptor", "github.com/pion/logging", "github.com/pion/rtcp", "github.com/pion/rtp", "github.com/pion/sdp/v3", "github.com/pion/transport/v5", "github.com/pion/turn/v5", "github.com/pion/webrtc/v4",
	"github.com/pkg/sftp", "github.com/pressly/goose/v3", "github.com/prometheus/client_golang", "github.com/riverqueue/river",
	"github.com/riverqueue/river/riverdriver/riverpgxv5", "github.com/riverqueue/river/riverdriver/riversqlite", "github.com/riverqueue/river/rivertype", "github.com/riverqueue/river/riverdriver",
	"github.com/valyala/fasthttp", "github.com/wneessen/go-mail", "github.com/yuin/goldmark", "go.yaml.in/yaml/v3", "golang.org/x/crypto", "golang.org/x/sys", "golang.org/x/text", "golang.org/x/image", "golang.org/x/net", "golang.org/x/sync",
	"gorm.io/driver/postgres", "gorm.io/gorm", "modernc.org/sqlite", "pgregory.net/rapid", "software.sslmate.com/src/go-pkcs12",
}

type pkg struct {
	ImportPath, Dir, Name, Doc string
	GoFiles, Imports           []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Doc,GoFiles,Imports", "entente/...")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 25 {
		t.Fatalf("only %d packages found", len(all))
	}
	return all
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func matches(pattern, path string) bool {
	if pattern == "*" || pattern == path {
		return true
	}
	dir, ok := strings.CutSuffix(pattern, "/*")
	return ok && strings.HasPrefix(path, dir+"/")
}

func short(importPath string) string {
	if importPath == "entente" {
		return "main"
	}
	return strings.TrimPrefix(importPath, "entente/")
}

func TestImportsFlowOneWay(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		if strings.HasSuffix(name, "test") || strings.Contains(name, "/internal/") {
			continue
		}
		i := slices.IndexFunc(imports, func(r rule) bool { return matches(r.pkg, name) })
		if i < 0 {
			t.Errorf("%s has no row in the import table: add one with its reason", name)
			continue
		}
		r := imports[i]
		for _, imp := range p.Imports {
			if imp == "testing" {
				t.Errorf("%s imports testing: shipped code does not", name)
			}
			if imp != "entente" && !strings.HasPrefix(imp, "entente/") {
				continue
			}
			to := short(imp)
			if strings.HasPrefix(to, name+"/internal/") {
				continue
			}
			if to == "portal/app" && name != "main" && name != "portal/e2e" {
				t.Errorf("%s imports portal/app: nobody imports the composition root", name)
			}
			if !slices.ContainsFunc(r.allow, func(a string) bool { return matches(a, to) }) {
				t.Errorf("%s imports %s, which it may not: %s", name, to, r.why)
			}
		}
	}
}

func TestFences(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	for _, p := range packages(t) {
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, f), nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			at := short(p.ImportPath) + "/" + f
			for _, imp := range file.Imports {
				path := strings.Trim(imp.Path.Value, `"`)
				for _, fence := range fences {
					if strings.HasPrefix(path, fence.module) && !fence.only.MatchString(at) && !strings.HasSuffix(short(p.ImportPath), "test") {
						t.Errorf("%s imports %s: %s", at, path, fence.why)
					}
				}
			}
		}
	}
}

// TestStoresDodgeNoTenantFilter keeps the forms out that slip past a company
// condition (each was seen to rewrite another company's row) or that put text
// into SQL.
func TestStoresDodgeNoTenantFilter(t *testing.T) {
	t.Parallel()
	banned := []struct {
		re  *regexp.Regexp
		why string
	}{
		{regexp.MustCompile(`\.Save\(`), "Save updates by primary key alone and can rewrite another company's row"},
		{regexp.MustCompile(`UpdateAll:\s*true`), "an upsert of all columns can rewrite another company's row"},
		{regexp.MustCompile(`\.AutoMigrate\(`), "the schema is SQL, reviewed; AutoMigrate rewrites tables"},
		{regexp.MustCompile(`\.(Raw|Exec|Where|Order|Select|Group|Having|Joins|Table|Pluck|Not|Or)\([^"\x60)]*fmt\.Sprintf`), "SQL text is constant; values are parameters"},
		{regexp.MustCompile(`FullSaveAssociations`), "associations are written by name"},
	}
	for _, p := range packages(t) {
		for _, f := range p.GoFiles {
			if !strings.HasPrefix(f, "store") {
				continue
			}
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			for n, line := range strings.Split(string(src), "\n") {
				for _, b := range banned {
					if b.re.MatchString(line) {
						t.Errorf("%s/%s:%d: %s", short(p.ImportPath), f, n+1, b.why)
					}
				}
			}
		}
	}
}

func TestHouseHabits(t *testing.T) {
	t.Parallel()
	badName := regexp.MustCompile(`(^|/)(util|utils|common|helpers?|base|managers?)(/|$)`)
	unfinished := regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		if badName.MatchString(name) {
			t.Errorf("%s: name a package by what it means", name)
		}
		if p.Doc == "" {
			t.Errorf("%s has no package comment", name)
		}
		most := 40
		if name == "portal/web" {
			most = 100 // one file per action
		}
		if len(p.GoFiles) > most {
			t.Errorf("%s has %d files: split it by meaning", name, len(p.GoFiles))
		}
		for _, f := range p.GoFiles {
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(src), "\n"); n > 600 {
				t.Errorf("%s/%s has %d lines: over 600, split it by meaning", name, f, n)
			}
			if unfinished.Match(src) {
				t.Errorf("%s/%s holds an unfinished word", name, f)
			}
		}
	}
}

// TestServicesBeginWithTheCheck: every exported method of a Service that takes
// an actor uses it.
func TestServicesBeginWithTheCheck(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	seen := 0
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		if !strings.HasPrefix(name, "prm/") && !strings.HasPrefix(name, "chat/room") && name != "chat/forum" && name != "chat/library" && name != "edi/gateway" {
			continue
		}
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, f), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Recv == nil || !fn.Name.IsExported() || fn.Body == nil {
					continue
				}
				actor := ""
				for _, prm := range fn.Type.Params.List {
					if sel, ok := prm.Type.(*ast.SelectorExpr); ok && fmt.Sprint(sel.X) == "access" && sel.Sel.Name == "Actor" && len(prm.Names) > 0 {
						actor = prm.Names[0].Name
					}
				}
				if actor == "" {
					continue
				}
				seen++
				used := false
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok && id.Name == actor {
						used = true
					}
					return true
				})
				if !used {
					t.Errorf("%s.%s takes an actor and never looks at it", name, fn.Name.Name)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d service methods found", seen)
	}
}

func TestModulesAreKnown(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	design, err := os.ReadFile(filepath.Join(root(t), "static/docs/design.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		w := strings.Fields(line)
		if len(w) != 2 || !strings.Contains(w[0], ".") {
			continue // indirect ones carry a comment
		}
		if !slices.Contains(modules, w[0]) {
			t.Errorf("%s is not on the list of modules: add it with its reason", w[0])
		}
		if !strings.Contains(string(design), w[0]) {
			t.Errorf("static/docs/design.md gives no reason for %s", w[0])
		}
	}
}
