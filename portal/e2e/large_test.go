package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"entente/edi/as2"
)

// endless is an interchange that goes on for a gigabyte; it counts what was taken of it.
type endless struct {
	head io.Reader
	left int64
	read int64
}

const gigabyte = 1 << 30

func newEndless() *endless {
	return &endless{head: strings.NewReader(po{control: 550001, number: "ENDLESS-1"}.String()), left: gigabyte}
}

func (e *endless) Read(b []byte) (int, error) {
	b = b[:min(int64(len(b)), e.left)]
	if len(b) == 0 {
		return 0, io.EOF
	}
	n, err := e.head.Read(b)
	if err == io.EOF {
		for i := range b {
			b[i] = '\n'
		}
		n = len(b)
	}
	e.left, e.read = e.left-int64(n), e.read+int64(n)
	return n, nil
}

// peak is the most memory that the server's program ever had, in MB; 0 where the system does
// not tell.
func (s *server) peak() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.Atoi(kb)
	if err != nil {
		s.t.Fatalf("VmHWM: %v", err)
	}
	return n >> 10
}

// TestLargeAtEveryDoor: a gigabyte is refused by every door once the cap of 110 MiB is
// reached, at once where its size is named, and costs no memory; one segment of 10 MB is
// refused in words that say so, by a receipt or a text beside it. Nothing of either is booked.
// Nor is anything of what is bad in other ways (badAtEveryDoor), at the same server.
func TestLargeAtEveryDoor(t *testing.T) {
	t.Parallel()
	// The cap, and what lies in the buffers of both sides and the system between.
	const most, memory = 110<<20 + 32<<20, 400
	folder := badFolder(t)
	s := start(t, database{name: "sqlite"}, "--demo", "--sftp-addr", "127.0.0.1:0", "--folder", folder)
	kestrel := s.token("maya@kestrel.example", buyerScopes)
	x := connect(t, s, kestrel, kestrel.partnership("aurelia"))
	calm := s.peak()

	for _, path := range []string{"/api/v1/edi/interchanges", as2Path} {
		for _, named := range []bool{true, false} {
			body := newEndless()
			status, said := upload(t, s, kestrel, x, path, body, named)
			if status != http.StatusRequestEntityTooLarge && status != 0 || body.read > most || named && body.read > 32<<20 {
				t.Errorf("%s, size named %t: %d after %d octets: %s", path, named, status, body.read, said)
			}
			if status != 0 && !strings.Contains(said, "too_large") {
				t.Errorf("%s: %s", path, said)
			}
		}
	}
	c, err := signIn(t, s.sftpAddress(), "kestrel", "entente-demo-1")
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Create("/in/endless.edi")
	if err != nil {
		t.Fatal(err)
	}
	body := newEndless()
	if _, err := f.ReadFrom(body); err == nil || body.read > most {
		t.Errorf("by SFTP: %d octets, %v", body.read, err)
	}
	_ = f.Close()
	if files, err := c.ReadDir("/in"); err != nil || len(files) != 1 {
		t.Errorf("/in holds %d, %v", len(files), err)
	}
	if n := len(kestrel.orders("ENDLESS-1")); n != 0 {
		t.Errorf("%d orders of a gigabyte", n)
	}

	// One segment of 10 MB.
	segment := func(control int) string {
		p := po{control: control, number: fmt.Sprintf("SEGMENT-%d", control)}
		return strings.Replace(p.String(), "CTT*2~", "MSG*"+strings.Repeat("A", 10_000_000)+"~CTT*2~", 1)
	}
	a := kestrel.do("POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(segment(550010)))
	if a.status != http.StatusRequestEntityTooLarge || !strings.Contains(string(a.body), "edi.segment_too_large") || !strings.Contains(string(a.body), "longer than allowed") {
		t.Errorf("by HTTP: %d %s", a.status, a.body)
	}
	m := x.pack(segment(550011))
	if f := x.verdict(x.post(m), m); f.Verdict != as2.Refused || f.Claim.Text != "unexpected-processing-error" {
		t.Errorf("by AS2: %+v", f)
	}
	if err := putFile(c, "/in", "segment.edi", segment(550012)); err != nil {
		t.Errorf("by SFTP: %v", err)
	}
	why, err := c.Open("/in/.errors/segment.edi.txt")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(why); err != nil || !strings.Contains(string(text), "longer than allowed") {
		t.Errorf("by SFTP: %s, %v", text, err)
	}
	for control := 550010; control <= 550012; control++ {
		if n := len(kestrel.orders(fmt.Sprintf("SEGMENT-%d", control))); n != 0 {
			t.Errorf("%d orders of %d", n, control)
		}
	}
	badAtEveryDoor(t, s, kestrel, x, c, folder)
	if n := s.peak(); n > memory {
		t.Errorf("%d MB of memory at most, %d before", n, calm)
	}
}

const as2Path = "/as2"

// upload sends a body to a door and reads the answer; 0: the connection was cut, as a client
// sees it that is still sending when it is refused.
func upload(t *testing.T, s *server, c *client, x *station, path string, body *endless, named bool) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if named {
		req.ContentLength = gigabyte
	}
	if path == as2Path {
		for _, f := range x.pack(po{control: 550002, number: "ENDLESS-2"}.String()).Header {
			req.Header.Set(f.Name, f.Value)
		}
	} else {
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Content-Type", "application/edi-x12")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(said)
}
