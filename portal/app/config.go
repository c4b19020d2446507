package app

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	calling "entente/chat/call"
	"entente/chat/relay"
	"entente/chat/sfu"
	"entente/chat/socket"
	"entente/edi/dial"
	"entente/portal/mailin"
	"entente/portal/session"
)

// Config is everything that can be set. Each setting comes from its flag, else
// the environment, else entente.yaml in the data folder, else the default
// (CONTRACT 1). The table settings names and documents them.
type Config struct {
	Addr           string
	Data           string
	DatabaseURL    string
	NATSURL        string
	BaseURL        string
	SMTPURL        string
	TrustedProxies string
	MetricsAddr    string
	SFTPAddr       string
	Folder         string
	KeyFile        string
	AllowDial      string
	ScanCommand    string
	MailInAddr     string
	MailInDomain   string
	MailInURL      string
	MailInCert     string
	MailInKey      string
	TURNAddr       string
	TURNPublic     string
	TURNPorts      string
	TURNURL        string
	TURNSecret     string
	CallsRelay     string
	SFUAddr        string
	SFUPublic      string
	CallsMesh      string
	CallsMost      string
	Quota          string
	Demo           bool

	Limits session.Limits // no setting: floods are slowed down alike everywhere; tests raise it
}

type setting struct {
	name string // flag; the environment name and the yaml key follow from it
	def  string
	doc  string
	at   func(*Config) *string
}

var settings = []setting{
	{"addr", "127.0.0.1:8080", "address to listen on; port 0 picks a free one", func(c *Config) *string { return &c.Addr }},
	{"data", "./data", "data folder: database, payloads, entente.yaml", func(c *Config) *string { return &c.Data }},
	{"database-url", "", "postgres://… ; empty = an SQLite file in the data folder", func(c *Config) *string { return &c.DatabaseURL }},
	{"nats-url", "", "nats://… or tls://…, comma separated: NATS servers through which several nodes on one PostgreSQL share what is live in rooms; empty = this node alone", func(c *Config) *string { return &c.NATSURL }},
	{"base-url", "", "address people type, for links; empty = from --addr", func(c *Config) *string { return &c.BaseURL }},
	{"smtp-url", "", "smtp://user:password@host:port or smtps://…; empty = mail stays in the outbox, readable", func(c *Config) *string { return &c.SMTPURL }},
	{"trusted-proxies", "", "addresses or networks whose X-Forwarded-* headers are believed, comma separated", func(c *Config) *string { return &c.TrustedProxies }},
	{"key-file", "", "file of the key that seals private keys and passwords in the database; empty = entente.key in the data folder, made at first start", func(c *Config) *string { return &c.KeyFile }},
	{"allow-dial", "", "addresses and networks that may be called although they are not public, comma separated; with --demo empty = this machine", func(c *Config) *string { return &c.AllowDial }},
	{"scan-command", "", "program that judges a file sent in a room: it reads the file on its standard input and ends with 0 clean, 1 refused, anything else could not tell; empty = files are judged by their content alone", func(c *Config) *string { return &c.ScanCommand }},
	{"turn-addr", "", "address (UDP, IPv4) of the built-in TURN server, through which calls go that find no direct way; empty or off = off; with --demo empty = " + demoTURNAddr + ", or a free port when that is taken", func(c *Config) *string { return &c.TURNAddr }},
	{"turn-public", "", "IP address under which browsers reach the TURN server, where --turn-addr is every address or stands behind NAT", func(c *Config) *string { return &c.TURNPublic }},
	{"turn-ports", "", "UDP ports it relays from, such as 49160-49360; empty = any", func(c *Config) *string { return &c.TURNPorts }},
	{"turn-url", "", "other STUN and TURN servers for calls, comma separated, such as turn:turn.example:3478?transport=udp,turns:turn.example:5349", func(c *Config) *string { return &c.TURNURL }},
	{"turn-secret", "", "secret shared with the servers of --turn-url, for time-limited credentials (use-auth-secret of coturn)", func(c *Config) *string { return &c.TURNSecret }},
	{"calls-relay", "", "only = all calls go through the TURN server, so that nobody in one learns the network address of another; empty = where a company of the room chose that", func(c *Config) *string { return &c.CallsRelay }},
	{"sfu-addr", "", "address (UDP, IPv4) of the built-in server that forwards larger calls (SFU): one port for all; empty or off = off, then up to six take part in a call; with --demo empty = a free port of this machine", func(c *Config) *string { return &c.SFUAddr }},
	{"sfu-public", "", "IP address under which browsers reach it, where --sfu-addr is every address or stands behind NAT; empty = that of --turn-public. One that is not public must be named by --allow-dial", func(c *Config) *string { return &c.SFUPublic }},
	{"calls-mesh", "4", "how many in a call send to each other directly, 1 to 6; with one more the call goes through the server of --sfu-addr", func(c *Config) *string { return &c.CallsMesh }},
	{"calls-most", "12", "how many take part in a call that goes through the server, 3 to 16", func(c *Config) *string { return &c.CallsMost }},
	{"storage-quota", "", "how much the files of one company may take that its people bring (rooms, forum, library, registrations, claims, data files), such as 500MB or 20GB; empty = no bound. EDI is never refused for it", func(c *Config) *string { return &c.Quota }},
	{"metrics-addr", "", "address for /metrics; empty = off", func(c *Config) *string { return &c.MetricsAddr }},
	{"sftp-addr", "", "address of the SFTP door; empty or off = off; with --demo empty = " + demoSFTPAddr + ", or a free port when that is taken", func(c *Config) *string { return &c.SFTPAddr }},
	{"mail-in-addr", "", "address of the SMTP door at which answers to notices of rooms and the forum come in, such as :2525; empty = off", func(c *Config) *string { return &c.MailInAddr }},
	{"mail-in-url", "", "imaps://user:password@host/FOLDER (or imap:// for STARTTLS): a mailbox from which answers to notices are fetched, beside that door or in its place; empty = none. A server that is not public must be named by --allow-dial", func(c *Config) *string { return &c.MailInURL }},
	{"mail-in-domain", "", "domain of the addresses to which people answer, whose mail comes to that door or mailbox; empty = that of the address which is the user of --mail-in-url, else the host of --base-url", func(c *Config) *string { return &c.MailInDomain }},
	{"mail-in-cert", "", "PEM file of the door's certificate, for STARTTLS; empty = none", func(c *Config) *string { return &c.MailInCert }},
	{"mail-in-key", "", "PEM file of the key of that certificate", func(c *Config) *string { return &c.MailInKey }},
	{"folder", "", "folder with a folder for each company (by its short name): files put there are taken in for it, and what it wants there is put into its out; empty = none", func(c *Config) *string { return &c.Folder }},
}

func (s setting) env() string {
	return "ENTENTE_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

// register adds the named settings (all when none is named) to a flag set.
func register(fs *flag.FlagSet, names ...string) {
	for _, s := range settings {
		if len(names) == 0 || slices.Contains(names, s.name) {
			fs.String(s.name, s.def, s.doc+" ("+s.env()+")")
		}
	}
}

// configure builds the Config from parsed flags, the environment and the file.
// All errors are reported at once, each naming the setting and the mend.
func configure(set *flag.FlagSet, getenv func(string) string) (Config, error) {
	given := map[string]string{}
	set.Visit(func(f *flag.Flag) { given[f.Name] = f.Value.String() })
	var c Config
	pick := func(s setting, file map[string]string) string {
		if v, ok := given[s.name]; ok {
			return v
		}
		if v := getenv(s.env()); v != "" {
			return v
		}
		if v, ok := file[s.name]; ok {
			return v
		}
		return s.def
	}
	for _, s := range settings {
		if s.name == "data" {
			c.Data = pick(s, nil)
		}
	}
	file, err := readFile(filepath.Join(c.Data, "entente.yaml"))
	if err != nil {
		return c, err
	}
	for _, s := range settings {
		if s.name != "data" {
			*s.at(&c) = pick(s, file)
		}
	}
	return c, c.check()
}

func readFile(path string) (map[string]string, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	var m map[string]string
	if err := yaml.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("%s: each line must be \"name: value\": %w", path, err)
	}
	known := map[string]bool{}
	for _, s := range settings {
		known[s.name] = true
	}
	var errs []error
	for k := range m {
		if !known[k] || k == "data" {
			errs = append(errs, fmt.Errorf("%s: %q is not a setting; the flags of \"entente serve --help\" are", path, k))
		}
	}
	return m, errors.Join(errs...)
}

func (c *Config) check() error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf("--%s: %s", name, fmt.Sprintf(format, args...)))
	}
	for name, addr := range map[string]string{"addr": c.Addr, "metrics-addr": c.MetricsAddr, "sftp-addr": c.SFTPAddr, "mail-in-addr": c.MailInAddr, "turn-addr": c.TURNAddr} {
		if addr == "" && name != "addr" || addr == "off" && (name == "sftp-addr" || name == "turn-addr") {
			continue
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			bad(name, "%q is not host:port, such as 127.0.0.1:8080", addr)
		}
	}
	if u := c.DatabaseURL; u != "" && !strings.HasPrefix(u, "postgres://") && !strings.HasPrefix(u, "postgresql://") && !strings.HasPrefix(u, "sqlite:") && !strings.Contains(u, "host=") {
		bad("database-url", "%q must begin with postgres:// or sqlite:", redact(u))
	}
	for _, s := range strings.FieldsFunc(c.NATSURL, func(r rune) bool { return r == ',' }) {
		u, err := url.Parse(strings.TrimSpace(s))
		if err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			bad("nats-url", "%q must begin with nats:// or tls:// and name a host", redact(s))
		}
	}
	if c.NATSURL != "" && !strings.HasPrefix(c.DatabaseURL, "postgres") && !strings.Contains(c.DatabaseURL, "host=") {
		bad("nats-url", "several nodes share one PostgreSQL: name it with --database-url")
	}
	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			bad("base-url", "%q is not an http(s) address", c.BaseURL)
		}
		c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	}
	for _, p := range c.proxies() {
		if _, err := netip.ParsePrefix(p); err != nil {
			if _, err := netip.ParseAddr(p); err != nil {
				bad("trusted-proxies", "%q is neither an address nor a network such as 10.0.0.0/8", p)
			}
		}
	}
	if c.Folder != "" {
		if info, err := os.Stat(c.Folder); err != nil || !info.IsDir() {
			bad("folder", "%s is not a folder", c.Folder)
		}
	}
	if c.MailInURL != "" {
		if u, err := mailin.ParseBox(c.MailInURL); err != nil {
			bad("mail-in-url", "%v", err)
		} else if name, _ := u.Address(); len(name) > mailin.MostName || strings.Contains(name, "+") {
			bad("mail-in-url", "%q before the @ is longer than %d characters or holds a +, so that no address with a signature can be made of it; use a mailbox with a shorter name", name, mailin.MostName)
		}
	}
	if (c.MailInAddr != "" || c.MailInURL != "") && !mailDomain.MatchString(c.mailDomain()) {
		bad("mail-in-domain", "%q is no domain that mail can be sent to; name the one whose mail comes to --mail-in-addr or --mail-in-url", c.mailDomain())
	}
	if (c.MailInCert == "") != (c.MailInKey == "") {
		bad("mail-in-cert", "give both the certificate and its key (--mail-in-key), or neither")
	}
	public, _, err := c.turn()
	if err != nil {
		errs = append(errs, err)
	}
	if host, _, err := net.SplitHostPort(c.TURNAddr); err == nil && !public.IsValid() {
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
			bad("turn-addr", "%s is every address of this machine: name the one browsers reach with --turn-public", c.TURNAddr)
		}
	}
	if servers := c.turnURLs(); len(servers) > 0 {
		for _, s := range servers {
			if scheme, host, ok := strings.Cut(s, ":"); !ok || host == "" || !slices.Contains([]string{"stun", "stuns", "turn", "turns"}, scheme) {
				bad("turn-url", "%q must begin with stun:, turn: or turns: and name a host", s)
			}
		}
	}
	switch c.CallsRelay {
	case "":
	case relayOnly:
		if (c.TURNAddr == "" && !c.Demo || c.TURNAddr == "off") && !c.turnElsewhere() {
			bad("calls-relay", "there is no TURN server: name one with --turn-addr or --turn-url")
		}
	default:
		bad("calls-relay", "%q is neither empty nor %s", c.CallsRelay, relayOnly)
	}
	if _, err := c.quota(); err != nil {
		errs = append(errs, err)
	}
	if _, _, err := c.callSize(); err != nil {
		errs = append(errs, err)
	}
	allow, err := c.dialer()
	if err != nil {
		bad("allow-dial", "%v", err)
	} else if err := c.sfuAddr(allow); err != nil {
		errs = append(errs, err)
	}
	if c.SMTPURL != "" {
		if u, err := url.Parse(c.SMTPURL); err != nil || u.Host == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
			bad("smtp-url", "it must begin with smtp:// or smtps:// and name a host")
		}
	}
	return errors.Join(errs...)
}

// mailDomain is the form of a domain with a letter in its last part: no address of a machine.
var mailDomain = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

// mailName is what stands before the "+" of these addresses: that of the mailbox they come
// to, "" where none says.
func (c *Config) mailName() string {
	if c.MailInURL == "" {
		return ""
	}
	u, err := mailin.ParseBox(c.MailInURL)
	if err != nil {
		return ""
	}
	name, _ := u.Address()
	return name
}

// mailDomain is the domain of the addresses to which people answer; "" where none come in.
func (c *Config) mailDomain() string {
	switch {
	case c.MailInAddr == "" && c.MailInURL == "":
		return ""
	case c.MailInDomain != "":
		return strings.TrimSuffix(c.MailInDomain, ".")
	}
	if box, err := mailin.ParseBox(c.MailInURL); err == nil {
		if _, domain := box.Address(); domain != "" {
			return domain
		}
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// quota is how many bytes the files of a company may take; 0 is without a bound.
func (c *Config) quota() (int64, error) {
	if c.Quota == "" {
		return 0, nil
	}
	text, unit := strings.ToUpper(strings.ReplaceAll(c.Quota, " ", "")), int64(1)
	for suffix, n := range map[string]int64{"MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40} {
		if rest, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = rest, n
		}
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 || unit == 1 {
		return 0, fmt.Errorf("--storage-quota: %q is no size such as 500MB or 20GB", c.Quota)
	}
	return n * unit, nil
}

func (c *Config) proxies() []string {
	var out []string
	for p := range strings.SplitSeq(c.TrustedProxies, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// dialer is what calls out: to public addresses, and to those allowed.
func (c *Config) dialer() (*dial.Dialer, error) {
	allow, err := dial.ParseAllow(c.AllowDial)
	if c.Demo && c.AllowDial == "" {
		allow = dial.Loopback
	}
	return dial.New(dial.Options{Allow: allow}), err
}

// demoTURNAddr is where a demo opens the TURN server when nothing else was said; when it is
// taken, at any free port.
const demoTURNAddr = "127.0.0.1:3478"

// turn reads the settings of the TURN server: its public address and its ports.
func (c *Config) turn() (public netip.Addr, ports [2]uint16, err error) {
	var errs []error
	if c.TURNPublic != "" {
		if public, err = netip.ParseAddr(c.TURNPublic); err != nil || !public.Is4() {
			errs = append(errs, fmt.Errorf("--turn-public: %q is not an IPv4 address", c.TURNPublic))
		}
	}
	if c.TURNPorts != "" {
		if n, err := fmt.Sscanf(c.TURNPorts, "%d-%d", &ports[0], &ports[1]); err != nil || n != 2 || ports[0] == 0 || ports[1] < ports[0] {
			errs = append(errs, fmt.Errorf("--turn-ports: %q is not a range such as 49160-49360", c.TURNPorts))
		}
	}
	return public, ports, errors.Join(errs...)
}

func (c *Config) turnURLs() []string {
	var out []string
	for s := range strings.SplitSeq(c.TURNURL, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// relayOnly is the value of --calls-relay.
const relayOnly = "only"

// turnElsewhere says that one of the other servers relays.
func (c *Config) turnElsewhere() bool {
	return slices.ContainsFunc(c.turnURLs(), func(s string) bool { return strings.HasPrefix(s, "turn") })
}

// canRelay says that calls can go through a server.
func (a *App) canRelay() bool { return a.turn != nil || a.cfg.turnElsewhere() }

// inCall says that a person takes part in a call of this node.
func (a *App) inCall(person string) bool { return a.live != nil && a.live.InCall(person) }

// openTURN starts the TURN server, if there is to be one. It relays where the program may
// call out to: to the open net and to what --allow-dial names. A demo goes on without one.
func (a *App) openTURN() error {
	addr := a.cfg.TURNAddr
	if addr == "off" || addr == "" && !a.cfg.Demo {
		return nil
	}
	public, ports, err := a.cfg.turn()
	if err != nil {
		return err
	}
	o := relay.Options{Addr: addr, Public: public, Ports: ports, Allow: a.dialer.Allowed, Log: a.log, May: a.inCall}
	if addr != "" {
		if a.turn, err = relay.Listen(o); err != nil {
			return fmt.Errorf("cannot serve TURN: %w; choose another address with --turn-addr", err)
		}
		return nil
	}
	for _, o.Addr = range []string{demoTURNAddr, "127.0.0.1:0"} {
		if a.turn, err = relay.Listen(o); err == nil {
			return nil
		}
	}
	a.turn = nil
	a.log.Warn("the demo has no TURN server", "err", err)
	return nil
}

// callSize reads how many send to each other, and how many take part at most.
func (c *Config) callSize() (mesh, most int, err error) {
	number := func(name, text string, def, from, to int) int {
		if text == "" {
			return def
		}
		n, bad := strconv.Atoi(text)
		if bad != nil || n < from || n > to {
			err = errors.Join(err, fmt.Errorf("--%s: %q is not a number from %d to %d", name, text, from, to))
		}
		return n
	}
	return number("calls-mesh", c.CallsMesh, 4, 1, calling.MaxParties), number("calls-most", c.CallsMost, 12, 3, 16), err
}

// sfuPublic is the address of the forwarding server that browsers are told; zero: that of
// its port.
func (c *Config) sfuPublic() (netip.Addr, error) {
	text, name := c.SFUPublic, "sfu-public"
	if text == "" {
		text, name = c.TURNPublic, "turn-public"
	}
	if text == "" {
		return netip.Addr{}, nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return a, fmt.Errorf("--%s: %q is not an IPv4 address", name, text)
	}
	return a, nil
}

// sfuAddr checks the address of the forwarding server. Browsers are told one address of it,
// and none that is not to be called.
func (c *Config) sfuAddr(d *dial.Dialer) error {
	if c.SFUAddr == "" || c.SFUAddr == "off" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.SFUAddr)
	if err != nil {
		return fmt.Errorf("--sfu-addr: %q is not an address with a port such as 203.0.113.7:3479", c.SFUAddr)
	}
	public, err := c.sfuPublic()
	if err != nil {
		return err
	}
	if !public.IsValid() {
		if public, err = netip.ParseAddr(host); err != nil || public.IsUnspecified() {
			return fmt.Errorf("--sfu-addr: %s is not one address of this machine: name the one browsers reach with --sfu-public", c.SFUAddr)
		}
	}
	if !d.Allowed(public) {
		return fmt.Errorf("--sfu-addr: %s is not public, and no browser is told it; name the address browsers reach with --sfu-public, or allow this one with --allow-dial", public)
	}
	return nil
}

// openSFU starts the server that forwards calls, if there is to be one. A demo goes on
// without one.
func (a *App) openSFU() (err error) {
	addr := a.cfg.SFUAddr
	if addr == "off" || addr == "" && !a.cfg.Demo {
		return nil
	}
	_, most, err := a.cfg.callSize()
	if err != nil {
		return err
	}
	o := sfu.Options{Addr: addr, Most: most, Log: a.log}
	if addr == "" {
		o.Addr = "127.0.0.1:0"
	} else if o.Public, err = a.cfg.sfuPublic(); err == nil {
		err = a.cfg.sfuAddr(a.dialer)
	}
	if err != nil {
		return err
	}
	switch a.sfu, err = sfu.Listen(o); {
	case err != nil && addr == "":
		a.log.Warn("the demo forwards no calls", "err", err)
		return nil
	case err != nil:
		return fmt.Errorf("cannot forward calls: %w; choose another address with --sfu-addr", err)
	}
	return nil
}

// forwarding is what calls need to be forwarded by this node.
func (a *App) forwarding(d calling.Deps) calling.Deps {
	d.Mesh, d.Most, _ = a.cfg.callSize() // checked before
	if a.sfu != nil {
		d.Forwarder = a.sfu
	}
	return d
}

// turnLife is how long credentials for other servers are good.
const turnLife = 4 * time.Hour

// ways are the STUN and TURN servers that a person's browser may use in a call.
func (a *App) ways(person string) (out []socket.ICEServer) {
	if a.turn != nil {
		user, password := a.turn.Credential(person)
		out = append(out, socket.ICEServer{URLs: []string{a.turn.URL()}, Username: user, Credential: password})
	}
	for _, u := range a.cfg.turnURLs() {
		s := socket.ICEServer{URLs: []string{u}}
		if strings.HasPrefix(u, "turn") {
			s.Username, s.Credential = relay.Credential(a.cfg.TURNSecret, person, time.Now().Add(turnLife))
		}
		out = append(out, s)
	}
	return out
}

// keyFile is where the sealing key stands.
func (c *Config) keyFile() string {
	if c.KeyFile != "" {
		return c.KeyFile
	}
	return filepath.Join(c.Data, "entente.key")
}

// dsn is what db.Open takes.
func (c *Config) dsn() string {
	if c.DatabaseURL != "" {
		return c.DatabaseURL
	}
	return "sqlite:" + filepath.Join(c.Data, "entente.db")
}

// redact hides a password in a URL.
func redact(s string) string {
	if u, err := url.Parse(s); err == nil {
		return u.Redacted()
	}
	return "…"
}
