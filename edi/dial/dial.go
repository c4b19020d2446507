// Package dial opens the connections to addresses that somebody else named: a
// partner's AS2 or SFTP server, where an MDN is wanted, a webhook. Whoever names
// an address must not reach through us what only we can reach.
//
// Every address is judged after DNS, at the moment of connecting, so that a name
// which changes its answer gains nothing. Refused is whatever is not a public
// unicast address, unless the operator allowed its network. Nothing goes through
// a proxy of the environment, no redirect is followed, and size and time of every
// answer are bounded.
package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Options tune a Dialer; the zero value allows public addresses only.
type Options struct {
	Allow    []netip.Prefix // networks that may be called although they are not public
	Timeout  time.Duration  // for resolving and connecting, default 10 s
	Resolver *net.Resolver  // default: the system's
}

// Dialer connects to what may be called.
type Dialer struct {
	allow []netip.Prefix
	net   net.Dialer
}

// New makes a Dialer.
func New(o Options) *Dialer {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	d := &Dialer{}
	for _, p := range o.Allow {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		d.allow = append(d.allow, p.Masked())
	}
	d.net = net.Dialer{Timeout: o.Timeout, Resolver: o.Resolver, Control: d.control}
	return d
}

// ErrNotAllowed is the cause of refusing an address.
var ErrNotAllowed = errors.New("address not allowed")

// control runs after DNS and before connect, once for each address tried.
func (d *Dialer) control(network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" || at.Port() == 0 || !d.Allowed(at.Addr()) {
		return ErrNotAllowed
	}
	return nil
}

// Allowed says whether an address may be called.
func (d *Dialer) Allowed(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range d.allow {
		if p.Contains(a) {
			return true
		}
	}
	return Public(a)
}

// DialContext connects by TCP. Its errors are those of Explain.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if !strings.HasPrefix(network, "tcp") {
		return nil, Explain(ErrNotAllowed)
	}
	conn, err := d.net.DialContext(ctx, network, addr)
	if err != nil {
		return nil, Explain(err)
	}
	return conn, nil
}

// judgeTime is how long a form waits for DNS.
const judgeTime = 3 * time.Second

// Judge says before any call whether a host may be called as it stands in DNS now:
// dial.not_allowed where none of its addresses may be. A name that cannot be looked up
// passes; every call is judged again.
func (d *Dialer) Judge(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeout(ctx, min(d.net.Timeout, judgeTime))
	defer cancel()
	r := d.net.Resolver
	if r == nil {
		r = net.DefaultResolver
	}
	found, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil || slices.ContainsFunc(found, d.Allowed) {
		return nil
	}
	return Explain(ErrNotAllowed)
}

// ParseAllow reads a comma separated list of addresses and networks. "private" is
// not a word here: what may be reached is named.
func ParseAllow(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for w := range strings.SplitSeq(list, ",") {
		if w = strings.TrimSpace(w); w == "" {
			continue
		}
		if p, err := netip.ParsePrefix(w); err == nil {
			out = append(out, p)
			continue
		}
		a, err := netip.ParseAddr(w)
		if err != nil || a.Zone() != "" {
			return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", w)
		}
		out = append(out, netip.PrefixFrom(a, a.BitLen()))
	}
	return out, nil
}

// Loopback is this machine: what a demo may call.
var Loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// special are the networks within the unicast ranges that lead to no public host
// (IANA special-purpose address registries).
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)

var (
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, w := range list {
		out[i] = netip.MustParsePrefix(w)
	}
	return out
}

// Public says whether an address is one of a host in the open net. What is not
// known to be is not. An IPv4 address inside an IPv6 one (mapped, NAT64) is judged
// itself; tunnels (6to4, Teredo) are refused.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return false
	}
	if a.Is6() {
		if nat64.Contains(a) {
			b := a.As16()
			return Public(netip.AddrFrom4([4]byte(b[12:])))
		}
		if !global6.Contains(a) {
			return false
		}
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
