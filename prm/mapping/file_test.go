package mapping

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/mapping/blind"
)

// two is a company on each of two servers.
type two struct {
	t          testing.TB
	one, other *bench
	a, k       access.Actor
	ida, idk   ID
}

func servers(t testing.TB, common int) *two {
	t.Helper()
	x := &two{t: t, one: setup(t, dbtest.One(t)), other: setup(t, dbtest.One(t))}
	x.a, x.k = x.one.ingrid, x.other.maya
	both := numbered("common", common)
	x.one.gives(x.one.aurelia, named(append(numbered("a", 300), both...)...)...)
	x.other.gives(x.other.kestrel, named(append(numbered("k", 20), both...)...)...)
	r, err := x.one.svc.StartFile(x.one.at(), x.a, FileCmd{"Kestrel Supply", webOnly})
	x.one.must(err)
	x.ida = r.ID
	if d := x.one.get(x.a, x.ida); !d.Busy || len(d.Ready) != 0 {
		t.Fatalf("before the list was read: %+v", d)
	}
	x.one.turn()
	if d := x.one.get(x.a, x.ida); d.Busy || len(d.Ready) != 1 {
		t.Fatalf("when a file is awaited: %+v", d)
	}
	return x
}

func (x *two) fetch(b *bench, a access.Actor, id ID, part int) []byte {
	x.t.Helper()
	var out bytes.Buffer
	if _, err := b.svc.Fetch(b.at(), a, id, part, &out); err != nil {
		x.t.Fatalf("file %d: %v", part, err)
	}
	return out.Bytes()
}

// there carries a file from Aurelia to Kestrel, back the other way.
func (x *two) there(part int) {
	x.t.Helper()
	id, err := x.other.svc.Bring(x.other.at(), x.k, "", bytes.NewReader(x.fetch(x.one, x.a, x.ida, part)))
	if err != nil {
		x.t.Fatalf("file %d there: %v", part, err)
	}
	x.idk = id
	x.other.turn()
}

func (x *two) back(part int) {
	x.t.Helper()
	if _, err := x.one.svc.Bring(x.one.at(), x.a, x.ida, bytes.NewReader(x.fetch(x.other, x.k, x.idk, part))); err != nil {
		x.t.Fatalf("file %d back: %v", part, err)
	}
	x.one.turn()
}

func (x *two) exchange(parts ...int) {
	x.t.Helper()
	for _, p := range parts {
		x.there(p)
		x.back(p)
	}
}

// TestTwoServers: the same run with files carried between two servers that share nothing.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	x := servers(t, 7)
	x.there(partCommit)
	if d := x.other.get(x.k, x.idk); d.Name != "aurelia" || d.Theirs.Rows != 307 || !d.Terms.Equal(Terms{webOnly.Kinds, webOnly.Fields, identity.Edition}) || d.Receive != partList || !slices.Equal(d.Ready, []int{partCommit, partList}) {
		t.Fatalf("%+v", d)
	}
	x.back(partCommit)
	if a, k := x.one.get(x.a, x.ida).CheckCode, x.other.get(x.k, x.idk).CheckCode; len(a) != 8 || !slices.Equal(a, k) {
		t.Fatalf("check codes %v and %v", a, k)
	}
	file := x.fetch(x.one, x.a, x.ida, partList)
	if bytes.Contains(file, []byte("common")) || bytes.Contains(file, []byte(".com")) {
		t.Fatal("the file shows names")
	}
	var points []byte
	x.one.must(x.one.db.View(context.Background(), func(ctx context.Context) error {
		c, _, err := chunkAt(ctx, x.ida, x.one.aurelia, partList, 0)
		points = c.Data
		return err
	}))
	if bytes.Contains(file, points[:blind.Size]) {
		t.Fatal("points go unsealed: who reads on the way can count")
	}
	x.exchange(partList, partDouble)
	a, k := x.one.get(x.a, x.ida), x.other.get(x.k, x.idk)
	if a.State != Sized || k.State != Sized || a.Overlap != (Bucket{5, 10}) || k.Overlap != (Bucket{5, 10}) {
		t.Fatalf("%s %v, %s %v", a.State, a.Overlap, k.State, k.Overlap)
	}
	if a.Ready[len(a.Ready)-1] != partDouble {
		t.Fatalf("files of the second step before the consent: %v", a.Ready)
	}
	x.one.must(x.one.svc.Consent(x.one.at(), x.a, x.ida, StepMine))
	x.one.turn()
	x.there(partMarks)
	if k := x.other.get(x.k, x.idk); k.Stage != StepSize || k.Accounts != 0 {
		t.Fatalf("told without Kestrel's consent: %+v", k)
	}
	x.other.must(x.other.svc.Consent(x.other.at(), x.k, x.idk, StepMine))
	x.other.turn()
	x.back(partMarks)
	for _, b := range []struct {
		b  *bench
		a  access.Actor
		id ID
	}{{x.one, x.a, x.ida}, {x.other, x.k, x.idk}} {
		if names, _ := b.b.accounts(b.a, b.id); !slices.Equal(names, numbered("common", 7)) {
			t.Fatalf("matches: %v", names)
		}
		b.b.must(b.b.svc.Consent(b.b.at(), b.a, b.id, StepFields))
		b.b.turn()
	}
	x.exchange(partFields)
	if _, told := x.one.accounts(x.a, x.ida); told["common2"][0].Name != "common2" || told["common2"][0].Place != "LS1 4AP Leeds, GB" {
		t.Fatalf("%+v", told)
	}
	if d := x.one.get(x.a, x.ida); d.State != Done || len(d.Ready) != 5 || !d.Can("erase", x.a.Org) {
		t.Fatalf("%+v", d)
	}
	x.one.must(x.one.svc.Erase(x.one.at(), x.a, x.ida))
	x.one.turn()
	x.other.now = x.other.now.Add(patience + time.Hour)
	x.other.turn()
	for _, b := range []*bench{x.one, x.other} {
		if n := b.count("SELECT COUNT(*) FROM mapping_chunk") + b.count("SELECT COUNT(*) FROM mapping_side WHERE length(secret) > 0"); n != 0 {
			t.Fatalf("%d secrets and pieces are left", n)
		}
	}
	var out bytes.Buffer
	_, err := x.one.svc.Fetch(x.one.at(), x.a, x.ida, partList, &out)
	x.one.refused(err, fault.NotFound, "")
}

// TestBrokenFiles: a file that is cut, altered anywhere, of another run, out of its turn or
// one's own is refused in words and changes nothing.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	x := servers(t, 6)
	first := x.fetch(x.one, x.a, x.ida, partCommit)
	refused := func(b *bench, a access.Actor, file []byte, code fault.Code, key string) {
		t.Helper()
		_, err := b.svc.Bring(b.at(), a, "", bytes.NewReader(file))
		if fault.CodeOf(err) != code || !strings.HasPrefix(fault.KeyOf(err), key) {
			t.Fatalf("taken as %s %s (%v), want %s %s", fault.CodeOf(err), fault.KeyOf(err), err, code, key)
		}
	}
	alter := func(file []byte, from, to string) []byte { return bytes.Replace(file, []byte(from), []byte(to), 1) }
	refused(x.other, x.k, nil, fault.Invalid, "mapping.file.none")
	refused(x.other, x.k, []byte("ISA*00*          *00*          *ZZ*A"), fault.Invalid, "mapping.file.none")
	refused(x.other, x.k, alter(first, "MAPPING 1", "MAPPING 2"), fault.Invalid, "mapping.file.version")
	refused(x.other, x.k, alter(first, `"edition":1`, `"edition":7`), fault.Invalid, "mapping.file.edition")
	refused(x.other, x.k, alter(first, `"rows":`, `"rows": `), fault.Invalid, "mapping.file.header")
	refused(x.other, x.k, alter(first, `"rows":306`, `"rows":307`), fault.Invalid, "mapping.file.checksum")
	refused(x.other, x.k, append(slices.Clone(first), 0), fault.Invalid, "mapping.file.long")
	for _, n := range []int{5, len(magic), len(magic) + 30, len(first) - 34, len(first) - 1} {
		refused(x.other, x.k, first[:n], fault.Invalid, "mapping.file.")
	}
	refused(x.one, x.a, first, fault.Invalid, "mapping.file.own")
	_, err := x.other.svc.Bring(x.other.at(), x.other.dan, "", bytes.NewReader(first))
	x.other.refused(err, fault.Forbidden, "")
	x.there(partCommit)
	refused(x.other, x.k, first, fault.Conflict, "mapping.file_again")
	x.back(partCommit)
	list := x.fetch(x.one, x.a, x.ida, partList)
	refused(x.other, x.other.kaarel, list, fault.Invalid, "mapping.file.other_run") // another company
	for i := len(magic); i < len(list); i += 611 {
		broken := slices.Clone(list)
		broken[i] ^= 4
		refused(x.other, x.k, broken, fault.Invalid, "mapping.file.")
	}
	head := bytes.IndexByte(list[len(magic):], '\n') + len(magic) + 1
	size := int(binary.BigEndian.Uint32(list[head:]))
	refused(x.other, x.k, rewritten(t, list[len(magic):head-1], list[head+4+size:]), fault.Invalid, "mapping.file.seal")        // a piece is gone
	refused(x.other, x.k, rewritten(t, list[len(magic):head-1], list[head:head+4+size]), fault.Invalid, "mapping.file.content") // the end is gone
	refused(x.other, x.k, alter(list, `"part":2`, `"part":3`), fault.Conflict, "mapping.file_not_now")                          // another step
	if n := x.other.count("SELECT COUNT(*) FROM mapping_side WHERE got > 1"); n != 0 {
		t.Fatal("a refused file counts")
	}
	x.there(partList)
	if d := x.other.get(x.k, x.idk); d.State != Working || d.Mine.Got != partList {
		t.Fatalf("the good file after the broken ones: %+v", d)
	}
}

// dripping gives a file byte by byte, and does something at one of them.
type dripping struct {
	file []byte
	at   int
	do   func()
}

func (d *dripping) Read(p []byte) (int, error) {
	if d.at--; d.at == 0 {
		d.do()
	}
	if len(d.file) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 1)], d.file)
	d.file = d.file[n:]
	return n, nil
}

// TestFilesAtOnce: a file that is brought while another of the same step is being read is
// taken whole or not at all, and what comes in for a run that was ended meanwhile is not
// kept.
func TestFilesAtOnce(t *testing.T) {
	t.Parallel()
	x := servers(t, 6)
	x.exchange(partCommit, partList, partDouble)
	var row sideRow
	x.other.must(x.other.db.View(context.Background(), func(ctx context.Context) error {
		sides, err := sidesOf(ctx, x.idk)
		row = sides[x.k.Org]
		return err
	}))
	_, in, err := x.other.svc.sealers(x.other.get(x.k, x.idk).Run, row)
	x.other.must(err)
	var frames []byte
	for n := range 41 { // of no marks at all
		b := in.seal(partMarks, n, 0, nil, n == 40)
		frames = append(binary.BigEndian.AppendUint32(frames, uint32(len(b))), b...)
	}
	line, err := json.Marshal(header{Run: x.other.get(x.k, x.idk).Code, Part: partMarks, Role: Starter})
	x.other.must(err)
	file := rewritten(t, line, frames)
	one := len(frames) / 41
	head := bytes.Index(file, frames)
	_, err = x.other.svc.Bring(x.other.at(), x.k, x.idk, &dripping{file, head + 34*one, func() {
		_, err := x.other.svc.Bring(x.other.at(), x.k, x.idk, bytes.NewReader(file[:head+20*one]))
		x.other.refused(err, fault.Invalid, "mapping.file.short")
	}})
	x.other.refused(err, fault.Conflict, "mapping.changed")
	if d := x.other.get(x.k, x.idk); d.Mine.Got != partDouble || d.Receive != partMarks {
		t.Fatalf("%+v", d)
	}
	_, err = x.other.svc.Bring(x.other.at(), x.k, x.idk, &dripping{file, head + 34*one, func() {
		x.other.must(x.other.svc.End(x.other.at(), x.k, x.idk))
		x.other.turn()
	}})
	x.other.refused(err, fault.Conflict, "mapping.not_now")
	if n := x.other.count("SELECT COUNT(*) FROM mapping_chunk"); n != 0 {
		t.Fatalf("%d pieces came into a run that is over", n)
	}
}

// halting does something once, when it is written to for the third time.
type halting struct {
	n  int
	do func()
}

func (h *halting) Write(p []byte) (int, error) {
	if h.n++; h.n == 3 {
		h.do()
	}
	return len(p), nil
}

// TestFetchedMidway: a file whose pieces are destroyed while it is fetched is none: cut
// short it would be taken for the whole.
func TestFetchedMidway(t *testing.T) {
	t.Parallel()
	x := servers(t, 6)
	x.exchange(partCommit)
	_, err := x.one.svc.Fetch(x.one.at(), x.a, x.ida, partList, &halting{do: func() {
		x.one.must(x.one.svc.Cancel(x.one.at(), x.a, x.ida))
		x.one.turn()
	}})
	x.one.refused(err, fault.Conflict, "mapping.over")
}

// rewritten makes a file of a header and frames, with a right checksum.
func rewritten(t *testing.T, line, frames []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := newWriter(&out, line)
	for len(frames) > 4 {
		n := int(binary.BigEndian.Uint32(frames))
		if n == 0 || len(frames) < 4+n {
			break
		}
		w.frame(frames[4 : 4+n])
		frames = frames[4+n:]
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDishonestPartner: a partner whose program lies about its list, or claims an account
// that it does not share, gets nothing.
func TestDishonestPartner(t *testing.T) {
	t.Parallel()
	change := func(b *bench, part int, fn func(data []byte)) {
		b.must(b.db.InTx(context.Background(), func(ctx context.Context) error {
			var rows []chunk
			err := db.Tx(ctx).Where("org_id = ? AND part = ?", b.kestrel, part).Order("number").Find(&rows).Error
			if err != nil || len(rows) == 0 {
				b.t.Fatalf("no part %d (%v)", part, err)
			}
			fn(rows[0].Data)
			return db.Tx(ctx).Exec("UPDATE mapping_chunk SET data = ? WHERE org_id = ? AND part = ? AND number = 0", rows[0].Data, b.kestrel, part).Error
		}))
	}
	ends := func(x *two, reason string) {
		t.Helper()
		if d := x.one.get(x.a, x.ida); d.State != Failed || d.Reason != reason || d.Accounts != 0 {
			t.Fatalf("%s %s with %d accounts, want %s", d.State, d.Reason, d.Accounts, reason)
		}
	}
	x := servers(t, 6)
	x.exchange(partCommit)
	change(x.other, partList, func(b []byte) { p := blind.Dummy(); copy(b, p[:]) })
	x.exchange(partList)
	ends(x, "not_committed")

	x = servers(t, 6)
	x.exchange(partCommit, partList, partDouble)
	x.one.must(x.one.svc.Consent(x.one.at(), x.a, x.ida, StepMine))
	x.one.turn()
	x.there(partMarks)
	x.other.must(x.other.svc.Consent(x.other.at(), x.k, x.idk, StepMine))
	x.other.turn()
	change(x.other, partMarks, func(b []byte) { // one account for another
		at := binary.BigEndian.Uint32(b)
		binary.BigEndian.PutUint32(b, (at+1)%200)
	})
	x.back(partMarks)
	ends(x, "answer_wrong")
}

// FuzzFile: whatever comes as a file, it is read within bounds or refused in words; what is
// read is written as it came.
func FuzzFile(f *testing.F) {
	terms := Terms{Kinds: []string{"domain"}, Fields: []string{FieldName}, Edition: identity.Edition}
	hash := digestOf(nil)
	for _, h := range []header{{Run: hash, Part: partCommit, Role: Starter, From: "北方", Terms: &terms, Key: hash, Commit: Commit{Rows: 9, Root: hash, List: hash, Public: hash}}, {Run: hash, Part: partList, Role: Partner}} {
		var out bytes.Buffer
		w := newWriter(&out, []byte(db.Text(h)))
		if h.Part > partCommit {
			w.frame([]byte("sealed"))
			w.frame(bytes.Repeat([]byte{7}, 300))
		}
		if err := w.close(); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
		f.Add(out.Bytes()[:out.Len()-40])
	}
	f.Add([]byte(magic + "{}\n"))
	f.Add([]byte("ENTENTE-MAPPING 9\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := open(bytes.NewReader(file))
		var again bytes.Buffer
		var w *writer
		if err == nil {
			w = newWriter(&again, r.line)
		}
		for err == nil {
			var b []byte
			if b, err = r.frame(); err != nil || b == nil {
				break
			}
			w.frame(b)
		}
		if err != nil {
			if fault.CodeOf(err) != fault.Invalid || !strings.HasPrefix(fault.KeyOf(err), "mapping.file.") {
				t.Fatalf("refused as %v", err)
			}
			return
		}
		if err := w.close(); err != nil || !bytes.Equal(again.Bytes(), file) {
			t.Fatalf("written again it is another file (%v)", err)
		}
	})
}
