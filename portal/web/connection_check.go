package web

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"entente/edi/dial"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
)

// checkTime is how long all steps of a check may take.
const checkTime = 20 * time.Second

// checks bounds how many addresses are called at once for people who look on.
var checks = make(chan struct{}, 4)

// addressCheck calls the address of the partner's station and says what happened, step
// by step. Nothing is sent but a request for the page at that address.
func addressCheck(v *visit) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.StationManage, access.Own(l.own)); err != nil {
		return err
	}
	if l.theirs.st.URL == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	select {
	case checks <- struct{}{}:
		defer func() { <-checks }()
	default:
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	ctx, cancel := context.WithTimeout(v.ctx, checkTime)
	defer cancel()
	return v.connectionPage(200, linkForms{check: checkAddress(ctx, v.w.d.Dialer, l.theirs.st.URL)})
}

// checkAddress tries DNS, TCP, TLS and HTTP in their order, up to the first that fails.
func checkAddress(ctx context.Context, d *dial.Dialer, address string) []view.CheckRow {
	u, err := dial.CheckURL(address)
	if err != nil {
		return []view.CheckRow{failedCheck("DNS", err, 0)}
	}
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	began := time.Now()
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	took := time.Since(began)
	var rows []view.CheckRow
	if key := fault.KeyOf(err); key == "dial.no_such_name" || key == "dial.name_failed" {
		return append(rows, failedCheck("DNS", err, took))
	}
	if net.ParseIP(host) == nil {
		rows = append(rows, view.CheckRow{Name: "DNS", State: "check.ok", Note: view.T("connection.check.dns", "host", host)})
	}
	if err != nil {
		return append(rows, failedCheck("TCP", err, took))
	}
	defer conn.Close()
	rows = append(rows, view.CheckRow{Name: "TCP", State: "check.ok", Note: view.T("connection.check.tcp", "address", conn.RemoteAddr().String()), Took: took})
	if u.Scheme == "https" {
		row := checkTLS(ctx, conn, host)
		if rows = append(rows, row); row.State != "check.ok" {
			return rows
		}
	}
	return append(rows, checkHTTP(ctx, d, u))
}

func failedCheck(name string, err error, took time.Duration) view.CheckRow {
	return view.CheckRow{Name: name, State: "check.failed", Note: view.Keyed(or(fault.KeyOf(dial.Explain(err)), "dial.failed"), fault.As(err).Args), Took: took}
}

func checkTLS(ctx context.Context, conn net.Conn, host string) view.CheckRow {
	began := time.Now()
	c := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	if err := c.HandshakeContext(ctx); err != nil {
		return failedCheck("TLS", err, time.Since(began))
	}
	st := c.ConnectionState()
	return view.CheckRow{Name: "TLS", State: "check.ok", Note: view.T("connection.check.tls", "version", tls.VersionName(st.Version), "until", st.PeerCertificates[0].NotAfter), Took: time.Since(began)}
}

func checkHTTP(ctx context.Context, d *dial.Dialer, u *url.URL) view.CheckRow {
	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return failedCheck("HTTP", err, 0)
	}
	req.Header.Set("User-Agent", "entente")
	client := d.Client(dial.Limits{Total: checkTime, Body: 1 << 20})
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return failedCheck("HTTP", err, time.Since(began))
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	row := view.CheckRow{Name: "HTTP", State: "check.ok", Note: view.T("connection.check.http", "status", res.StatusCode), Took: time.Since(began)}
	switch {
	case res.StatusCode == http.StatusNotFound:
		row.State, row.Note = "check.failed", view.T("connection.check.http_missing", "status", res.StatusCode, "path", or(u.Path, "/"))
	case res.StatusCode >= 500:
		row.State, row.Note = "check.failed", view.T("connection.check.http_failed", "status", res.StatusCode)
	}
	return row
}
