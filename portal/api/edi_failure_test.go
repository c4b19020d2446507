package api

import (
	"strings"
	"testing"

	"entente/edi/gateway"
	"entente/prm/access"
)

// A message that is parked, or waits for another try, says why.
func TestFailureIsTold(t *testing.T) {
	t.Parallel()
	m := gateway.Message{Interchange: gateway.Interchange{Origin: gateway.OriginSent, State: gateway.Failed, LastError: "trade.too_many_lines", LastArgs: map[string]any{"Most": 7}, Attempts: 3}}
	if got := wireInterchange(access.Actor{}, m).Failure; got == nil || *got != (failure{"trade.too_many_lines", "An order may have at most 7 lines.", 3}) {
		t.Errorf("%+v", got)
	}
	m.LastError = "nobody.wrote.this"
	if got := wireInterchange(access.Actor{}, m).Failure; got == nil || got.Text == "" || got.Text == "error.unavailable" {
		t.Errorf("%+v", got)
	}
	m.State = gateway.Processed
	if got := wireInterchange(access.Actor{}, m).Failure; got != nil {
		t.Errorf("%+v", got)
	}
}

// TestServersFailureHasNoPlaces: of a server's last failure only the key is kept, so that its
// words name nothing that is not there.
func TestServersFailureHasNoPlaces(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"sftp.host_key_other": "another host key", "sftp.folder_full": "too many files", "sftp.signin_refused": "refused the sign-in", "sftp.out_taken": "could not do it"} {
		if got := wireServer(gateway.Remote{Failing: key}).Text; !strings.Contains(got, want) || strings.ContainsAny(got, "⟦<(") {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}
