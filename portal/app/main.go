// Package app is the composition root: it reads the configuration, builds the
// services, ties their ports, and runs the commands of the one binary.
package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // time zones, also where the system has none
)

// Exit codes of every command (CONTRACT 1).
const (
	exitOK     = 0
	exitFailed = 1 // something was rejected, or could not be done
	exitUsage  = 2 // wrong usage, not EDI, unreadable
)

// errUsage is answered with exit 2 after its text was printed.
var errUsage = errors.New("wrong usage")

// env is what a command works with; tests fill it.
type env struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	getenv func(string) string
}

type command struct {
	name string
	help string
	run  func(ctx context.Context, e *env, args []string) (int, error)
}

func commands() []command {
	return []command{
		{"serve", "run the portal, the API, the live socket, the EDI gateway and the jobs in one process", serve},
		{"demo", "demo erp: play a distributor's ERP against a running portal", demoCmd},
		{"token", "token create: print a new API token", tokenCmd},
		{"user", "user create: print a sign-in link that works once", userCmd},
		{"sftp", "sftp user | list | remove | host-key | remote | change | remotes | forget | server-key: logins of the SFTP door, and companies' own servers", sftpCmd},
		{"edi", "edi check | ack | explain | json | write | doc | bench | guide: EDI files without a server", edi},
		{"cert", "cert list | add | generate | retire | export | expiry: certificates of companies' AS2 stations", certCmd},
		{"partner", "partner companies | list | invite | accept | suspend | resume | end | identities | identity | terms | refused: who works with whom", partnerCmd},
		{"interchange", "interchange list | resend | reprocess | hold | release: EDI messages, beside a running server", interchangeCmd},
		{"backup", "backup FILE: copy database, payloads and settings into one file, beside a running server", backupCmd},
		{"restore", "restore FILE: put a backup into an empty data folder", restoreCmd},
		{"sweep", "sweep [--dry-run]: delete the bytes of files that nothing names any more, beside a running server", sweepCmd},
		{"reconcile", "prove that nothing acknowledged was lost, doubled or altered", reconcileCmd},
		{"migrate", "bring the database to this version and stop", migrateCmd},
		{"version", "print the version", version},
	}
}

// Main runs a command and returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return run(ctx, &env{in: os.Stdin, out: stdout, err: stderr, getenv: os.Getenv}, args)
}

func run(ctx context.Context, e *env, args []string) int {
	name, rest := "serve", args
	if len(args) > 0 && len(args[0]) > 0 && args[0][0] != '-' {
		name, rest = args[0], args[1:]
	}
	if len(args) > 0 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
		usage(e.out)
		return exitOK
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		code, err := c.run(ctx, e, rest)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.Is(err, errUsage):
			if text := errors.Unwrap(err); text != nil {
				fmt.Fprintln(e.err, "entente:", text)
			}
			return exitUsage
		case err != nil:
			fmt.Fprintln(e.err, "entente:", err)
			return max(code, exitFailed)
		}
		return code
	}
	fmt.Fprintf(e.err, "entente: there is no command %q; these are:\n", name)
	usage(e.err)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Entente: a partner portal with an EDI gateway.\n\nUsage: entente [command] [flags]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-11s %s\n", c.name, c.help)
	}
	fmt.Fprint(w, "\nWithout a command it serves. Every command has --help.\n")
}

// wrong makes a usage error with its one sentence.
type wrong struct{ text string }

func (w wrong) Error() string        { return w.text }
func (w wrong) Is(target error) bool { return target == errUsage }
func (w wrong) Unwrap() error        { return errors.New(w.text) }

func misuse(format string, args ...any) error { return wrong{fmt.Sprintf(format, args...)} }

// flags makes a flag set that prints its help where it was asked for.
func (e *env) flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.Init("entente "+name, flag.ContinueOnError)
	return fs
}

// parse reads flags anywhere among the arguments; --help prints and ends.
func (e *env) parse(fs *flag.FlagSet, synopsis string, args []string) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				fmt.Fprintf(e.out, "Usage: %s %s\n\n", fs.Name(), synopsis)
				fs.SetOutput(e.out)
				fs.PrintDefaults()
				return nil, err
			}
			return nil, misuse("%v; see %s --help", err, fs.Name())
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

func version(_ context.Context, e *env, args []string) (int, error) {
	fs := e.flags("version")
	asJSON := fs.Bool("json", false, "print JSON")
	rest, err := e.parse(fs, "[--json]", args)
	if err != nil {
		return exitUsage, err
	}
	if len(rest) > 0 {
		return exitUsage, misuse("version takes no argument %q", rest[0])
	}
	v, rev := Version, ""
	if bi, ok := debug.ReadBuildInfo(); ok {
		for _, s := range bi.Settings {
			if s.Key == "vcs.revision" {
				rev = s.Value
			}
		}
	}
	if *asJSON {
		fmt.Fprintf(e.out, "{\"version\":%q,\"revision\":%q}\n", v, rev)
		return exitOK, nil
	}
	fmt.Fprintln(e.out, strings.TrimSpace("entente "+v+" "+rev))
	return exitOK, nil
}

// Version is the released version.
const Version = "0.1.0"

func newLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}
