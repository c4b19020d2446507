package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestStoryCurl sends and fetches with curl: a file, a stream whose end is not known, one that
// is killed in the middle and so never booked, the same bytes again, and what is no EDI.
func TestStoryCurl(t *testing.T) {
	t.Parallel()
	need(t, "curl", "curl")
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		curled(t, s, s.token("maya@kestrel.example", "edi:read,edi:write,orders:read"))
	})
}

func curled(t *testing.T, s *server, api *client) {
	lines := make([]string, 3000)
	for i := range lines {
		lines[i] = fmt.Sprintf("PO1*%d*1*EA*84.00*PE*VP*AUR-D18B*BP*KC-%06d", i+1, i)
	}
	whole := po{control: 660077, number: "CURL-1", lines: lines}.String()
	file := filepath.Join(t.TempDir(), "order.edi")
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	post := s.url + "/api/v1/edi/interchanges"
	curl := func(args ...string) *exec.Cmd {
		return exec.CommandContext(t.Context(), "curl", append([]string{"-sS", "-w", "\n%{http_code}", "-H", "Authorization: Bearer " + api.token}, args...)...)
	}
	run := func(cmd *exec.Cmd) (body, code string) {
		t.Helper()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", cmd, err)
		}
		at := bytes.LastIndexByte(out, '\n')
		return string(out[:at]), string(out[at+1:])
	}

	half := curl("-X", "POST", "-T", "-", "-H", "Content-Type: application/edi-x12", post)
	in, err := half.StdinPipe()
	if err == nil {
		err = half.Start()
	}
	if err == nil {
		_, err = in.Write([]byte(whole[:len(whole)*3/4])) // more than a pipe holds: curl took some
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := half.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = half.Wait()

	// What breaks off at the end of a chunk, or before its length, is refused and takes no number.
	n := len(whole) * 3 / 4
	for _, cut := range []string{
		fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", n, whole[:n]),
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(whole), whole[:n]),
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = fmt.Fprintf(conn, "POST /api/v1/edi/interchanges HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/edi-x12\r\n%s", api.token, cut); err == nil {
			err = conn.(*net.TCPConn).CloseWrite()
		}
		said, _ := io.ReadAll(conn)
		_ = conn.Close()
		if err != nil || !strings.Contains(string(said), " 422 ") || !strings.Contains(string(said), `"truncated"`) {
			t.Errorf("half a file: %v\n%s", err, said)
		}
	}

	body, code := run(curl("-H", "Content-Type: application/edi-x12", "--data-binary", "@"+file, post))
	var got struct {
		ID        string
		Duplicate bool
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || code != "202" || got.Duplicate {
		t.Fatalf("%s %s", code, body)
	}
	api.processed(got.ID)
	stream := curl("-X", "POST", "-T", "-", "-H", "Content-Type: application/edi-x12", post)
	stream.Stdin = strings.NewReader(whole)
	first := got.ID
	if body, code = run(stream); code != "202" || json.Unmarshal([]byte(body), &got) != nil || !got.Duplicate || got.ID != first {
		t.Errorf("the same bytes: %s %s", code, body)
	}
	if orders := api.orders("CURL-1"); len(orders) != 1 {
		t.Errorf("%d orders, want the one that came whole", len(orders))
	}
	if body, code = run(curl(post + "/" + first + "/raw")); code != "200" || body != whole {
		t.Errorf("fetched: %s, %d bytes of %d", code, len(body), len(whole))
	}
	if body, code = run(curl("-H", "Content-Type: application/edi-x12", "-d", "Dear Ingrid", post)); code != "422" || !strings.Contains(body, "edi.not_edi") {
		t.Errorf("no EDI: %s %s", code, body)
	}
}
