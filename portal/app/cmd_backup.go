package app

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/job"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/prm/access"
)

// A backup is a tar of the database, the payload files and the settings, packed
// with gzip; its last entry is the manifest with the hash of every other one.
const (
	backupManifest = "manifest.json"
	backupSQLite   = "entente.db"
	backupPostgres = "entente.pgdump" // pg_dump -Fc
	backupSettings = "entente.yaml"
	backupPayloads = "payloads/"
)

type manifest struct {
	Made     time.Time         `json:"made"`
	Version  string            `json:"version"`
	Database string            `json:"database"` // "sqlite" or "postgres"
	Files    map[string]string `json:"files"`    // SHA-256, hex, by name
}

// data opens the database for a command, with the one argument it needs.
func (e *env) data(ctx context.Context, name, synopsis string, args []string, fn func(fs *flag.FlagSet) func(cfg Config, d *db.DB, rest []string) (int, error)) (int, error) {
	set := e.flags(name)
	register(set, "data", "database-url")
	do := fn(set)
	rest, err := e.parse(set, synopsis, args)
	if err != nil {
		return exitUsage, err
	}
	if strings.HasPrefix(synopsis, "FILE") != (len(rest) == 1) || len(rest) > 1 {
		return exitUsage, misuse("usage: entente %s %s", name, synopsis)
	}
	cfg, err := configure(set, e.getenv)
	if err != nil {
		return exitUsage, misuse("%v", err)
	}
	if err := existing(cfg); err != nil {
		return exitFailed, err
	}
	d, err := openData(ctx, cfg)
	if err != nil {
		return exitFailed, err
	}
	defer d.Close()
	return do(cfg, d, rest)
}

// reconcileCmd proves that nothing was lost, doubled or altered.
func reconcileCmd(ctx context.Context, e *env, args []string) (int, error) {
	return e.data(ctx, "reconcile", "[flags]", args, func(fs *flag.FlagSet) func(Config, *db.DB, []string) (int, error) {
		asJSON := fs.Bool("json", false, "print JSON")
		return func(cfg Config, d *db.DB, _ []string) (int, error) {
			blobs := blob.Beside(d, filepath.Join(cfg.Data, "payloads"))
			actor := access.Actor{Person: "command", Operator: true, Via: machine.Via}
			got, err := gateway.Auditor(d, blobs).Reconcile(ctx, actor)
			if err == nil {
				err = courier.Reconcile(ctx, actor, d, blobs, &got)
			}
			if err == nil {
				got.Undelivered, err = bindings(d).Audit(ctx, got.Add)
			}
			if err != nil {
				return exitFailed, err
			}
			files, filed, err := verifyUploads(ctx, cfg, d, blobs, &got)
			if err != nil {
				return exitFailed, err
			}
			code := exitOK
			if len(got.Discrepancies) > 0 {
				code = exitFailed
			}
			if *asJSON {
				return code, json.NewEncoder(e.out).Encode(got)
			}
			p := printer("en")
			for _, row := range got.Discrepancies {
				fmt.Fprintf(e.out, "%s  %s  %s  %s\n", row.Rule, row.ID, row.Detail, p.T("reconcile."+row.Rule, nil))
			}
			fmt.Fprintf(e.out, "%d interchanges with %d sets, %d AS2 messages and %d bytes compared, %d other files of %d bytes, %d waiting to be processed, %d discrepancies\n",
				got.Interchanges, got.Sets, got.Messages, got.Bytes, files, filed, got.Waiting, len(got.Discrepancies))
			return code, nil
		}
	})
}

// bindings are the program's subscribers, for a command that only asks who they are.
func bindings(d *db.DB) *job.Jobs {
	a := &App{jobs: job.New(d, job.Options{})}
	a.subscribe()
	return a.jobs
}

// ruleUpload is a file of a room, the forum or another place whose bytes are gone or altered.
const ruleUpload = "upload_missing"

// verifyUploads compares the files that people brought with their hashes.
func verifyUploads(ctx context.Context, cfg Config, d *db.DB, blobs *blob.Store, out *gateway.Reconciled) (n, size int64, err error) {
	uploads, err := uploadStore(d, cfg, blobs, true)
	if err != nil {
		return 0, 0, err
	}
	return uploads.Verify(ctx, func(hash string) {
		out.Discrepancies = append(out.Discrepancies, gateway.Discrepancy{Rule: ruleUpload, ID: hash})
	})
}

// sweepCmd deletes the bytes of files that nothing names any more, beside a running server,
// or says what would be deleted.
func sweepCmd(ctx context.Context, e *env, args []string) (int, error) {
	return e.data(ctx, "sweep", "[flags]", args, func(fs *flag.FlagSet) func(Config, *db.DB, []string) (int, error) {
		dry := fs.Bool("dry-run", false, "say what would be done, and do nothing")
		asJSON := fs.Bool("json", false, "print JSON")
		return func(cfg Config, d *db.DB, _ []string) (int, error) {
			uploads, err := uploadStore(d, cfg, nil, true)
			if err != nil {
				return exitFailed, err
			}
			got, err := uploads.SweepAll(ctx, *dry)
			if err != nil {
				return exitFailed, err
			}
			if *asJSON {
				return exitOK, json.NewEncoder(e.out).Encode(got)
			}
			fmt.Fprintf(e.out, "%d files that nothing names begin to wait a day, %d of %d bytes waited for it and go, with %d that have no row\n", got.Marked, got.Deleted, got.Bytes, got.Files)
			return exitOK, nil
		}
	})
}

// backupCmd writes a backup of everything but the key, beside a running server.
func backupCmd(ctx context.Context, e *env, args []string) (int, error) {
	return e.data(ctx, "backup", "FILE [flags]", args, func(fs *flag.FlagSet) func(Config, *db.DB, []string) (int, error) {
		asJSON := fs.Bool("json", false, "print JSON")
		return func(cfg Config, d *db.DB, rest []string) (int, error) {
			m, err := backup(ctx, cfg, d, rest[0])
			if err != nil {
				return exitFailed, err
			}
			if *asJSON {
				return exitOK, json.NewEncoder(e.out).Encode(map[string]any{"file": rest[0], "files": len(m.Files), "made": m.Made})
			}
			fmt.Fprintf(e.out, "%s holds the database and %d other files; check it with: entente restore --data EMPTY_FOLDER %s\n", rest[0], len(m.Files)-1, rest[0])
			return exitOK, nil
		}
	})
}

// backup writes file whole or not at all: to a neighbour first, then renamed.
func backup(ctx context.Context, cfg Config, d *db.DB, file string) (m manifest, err error) {
	if _, err := os.Lstat(file); err == nil {
		return m, fmt.Errorf("%s is there already; name a file that is not", file)
	}
	work, err := os.MkdirTemp(filepath.Dir(file), ".entente-backup-")
	if err != nil {
		return m, fmt.Errorf("the backup cannot be written: %w", err)
	}
	defer os.RemoveAll(work)
	name := backupSQLite
	if d.Dialect() == db.Postgres {
		name = backupPostgres
		err = tool(ctx, "pg_dump", "--format=custom", "--no-owner", "--file="+filepath.Join(work, name), "--dbname="+cfg.DatabaseURL)
	} else {
		err = d.CopyTo(ctx, filepath.Join(work, name))
	}
	if err != nil {
		return m, err
	}
	m = manifest{Made: time.Now().UTC().Truncate(time.Second), Version: Version, Database: string(d.Dialect()), Files: map[string]string{}}
	packed := filepath.Join(work, "backup")
	out, err := os.OpenFile(packed, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return m, err
	}
	defer out.Close()
	zip, _ := gzip.NewWriterLevel(out, gzip.BestSpeed)
	w := tar.NewWriter(zip)
	add := func(from, as string) error { return pack(ctx, w, &m, from, as) }
	if err := add(filepath.Join(work, name), name); err != nil {
		return m, err
	}
	if err := add(filepath.Join(cfg.Data, backupSettings), backupSettings); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	// A payload file stands before its row and stays: files read after the database
	// are never too few.
	// One that people brought stays for a day after nothing names it any more.
	if err := packFolder(filepath.Join(cfg.Data, "payloads"), backupPayloads, add); err != nil {
		return m, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	if err := w.WriteHeader(&tar.Header{Name: backupManifest, Mode: 0o600, Size: int64(len(text)), ModTime: m.Made}); err != nil {
		return m, err
	}
	_, err = w.Write(text)
	for _, end := range []func() error{w.Close, zip.Close, out.Sync, out.Close} {
		if err == nil {
			err = end()
		}
	}
	if err == nil {
		err = os.Rename(packed, file)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(file))
	}
	return m, err
}

// packFolder adds the files of a folder by their hashes.
func packFolder(root, prefix string, add func(from, as string) error) error {
	return filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		rel, err := filepath.Rel(root, at)
		if err != nil {
			return err
		}
		return add(at, prefix+filepath.ToSlash(rel))
	})
}

// pack adds one file under a name and notes its hash.
func pack(ctx context.Context, w *tar.Writer, m *manifest, from, as string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: as, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(f, info.Size())); err != nil {
		return fmt.Errorf("%s: %w", as, err)
	}
	m.Files[as] = sum(h)
	return nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// tool runs a program of PostgreSQL. Its connection string is an argument of a
// process of the same user; what it says goes into the error.
func tool(ctx context.Context, name string, args ...string) error {
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Errorf("%s was not found; install the PostgreSQL client programs of the server's version", name)
	}
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// restorable is what a backup may hold; nothing else is written to disk.
var restorable = regexp.MustCompile(`^(entente\.db|entente\.pgdump|entente\.yaml|manifest\.json|payloads/(files/)?[0-9a-f]{2}/[0-9a-f]{64})$`)

// restoreCmd puts a backup back into an empty data folder (and an empty PostgreSQL
// database), whole or not at all.
func restoreCmd(ctx context.Context, e *env, args []string) (int, error) {
	const synopsis = "FILE [flags]"
	set := e.flags("restore")
	register(set, "data", "database-url")
	rest, err := e.parse(set, synopsis, args)
	if err != nil {
		return exitUsage, err
	}
	if len(rest) != 1 {
		return exitUsage, misuse("usage: entente restore %s", synopsis)
	}
	cfg, err := configure(set, e.getenv)
	if err != nil {
		return exitUsage, misuse("%v", err)
	}
	lock, err := lockData(cfg.Data)
	if err != nil {
		return exitFailed, err
	}
	defer lock.Close()
	for _, name := range []string{"entente.db", "payloads"} {
		if _, err := os.Lstat(filepath.Join(cfg.Data, name)); err == nil {
			return exitFailed, fmt.Errorf("%s holds data already (%s); restore into an empty folder", cfg.Data, name)
		}
	}
	m, err := restore(ctx, cfg, rest[0])
	if err != nil {
		return exitFailed, err
	}
	fmt.Fprintf(e.out, "restored the %s backup of %s with %d files into %s; prove it with: entente reconcile --data %s\n",
		m.Database, m.Made.Format(time.RFC3339), len(m.Files), cfg.Data, cfg.Data)
	return exitOK, nil
}

// restore unpacks beside the data, compares every hash, then moves: payloads first,
// the database last, as it is what says that there is data.
func restore(ctx context.Context, cfg Config, file string) (m manifest, err error) {
	work := filepath.Join(cfg.Data, ".restore")
	if err := os.RemoveAll(work); err != nil {
		return m, err
	}
	if err := os.MkdirAll(work, 0o700); err != nil {
		return m, err
	}
	defer os.RemoveAll(work)
	found, err := unpack(ctx, file, work)
	if err != nil {
		return m, err
	}
	text, err := os.ReadFile(filepath.Join(work, backupManifest))
	if err != nil {
		return m, fmt.Errorf("%s has no manifest: it is no backup, or it was cut off", file)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("the manifest of %s cannot be read: %w", file, err)
	}
	delete(found, backupManifest)
	for name, want := range m.Files {
		if found[name] != want {
			return m, fmt.Errorf("%s in %s is missing or altered; nothing was restored", name, file)
		}
		delete(found, name)
	}
	for name := range found {
		return m, fmt.Errorf("%s in %s is not in its manifest; nothing was restored", name, file)
	}
	if (m.Database == string(db.Postgres)) != (cfg.DatabaseURL != "") {
		return m, fmt.Errorf("this is a backup of a %s database; give --database-url for PostgreSQL only", m.Database)
	}
	if m.Database == string(db.Postgres) {
		if err := tool(ctx, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--dbname="+cfg.DatabaseURL, filepath.Join(work, backupPostgres)); err != nil {
			return m, err
		}
	}
	for _, name := range []string{"payloads", backupSettings, backupSQLite} {
		from, to := filepath.Join(work, name), filepath.Join(cfg.Data, name)
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if name == backupSettings {
			if _, err := os.Lstat(to); err == nil {
				continue // the settings of this machine stand
			}
		}
		if err := os.Rename(from, to); err != nil {
			return m, err
		}
	}
	return m, syncFolder(cfg.Data)
}

// unpack writes the files of a backup under dir and gives their hashes.
func unpack(ctx context.Context, file, dir string) (map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s is no backup: %w", file, err)
	}
	found := map[string]string{}
	r := tar.NewReader(zip)
	for {
		entry, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read to its end: %w", file, err)
		}
		if entry.Typeflag != tar.TypeReg || !restorable.MatchString(entry.Name) || path.Clean(entry.Name) != entry.Name {
			return nil, fmt.Errorf("%s holds %q, which no backup has; nothing was restored", file, entry.Name)
		}
		to := filepath.Join(dir, filepath.FromSlash(entry.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return nil, err
		}
		h := sha256.New()
		if err := writeFile(to, io.TeeReader(r, h)); err != nil {
			return nil, fmt.Errorf("%s cannot be read to its end: %w", file, err)
		}
		found[entry.Name] = sum(h)
	}
}

func writeFile(to string, r io.Reader) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
