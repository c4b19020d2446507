package tree

import (
	"fmt"
	"slices"
	"testing"

	"entente/edi/schema"
)

// picker keeps the answers to paths about the first set.
type picker struct {
	paths []string
	got   map[string][]string
}

func (p *picker) Interchange(*schema.Interchange) error    { return nil }
func (p *picker) Group(*schema.Group) error                { return nil }
func (p *picker) GroupEnd(*schema.Group) error             { return nil }
func (p *picker) InterchangeEnd(*schema.Interchange) error { return nil }
func (p *picker) Set(s *schema.Set) error {
	set := Of(s)
	for _, path := range p.paths {
		q, err := Compile(path)
		if err != nil {
			return err
		}
		p.got[path] = q.Values(set)
	}
	return nil
}

const queried = isa + "GS*PO*KESTREL*AURELIA*20261122*0912*1*X*005010~ST*850*0001~BEG*00*SA*P1**20261122~REF*CO***XX>a>PO>b~" +
	"N1*BY*Kestrel*92*K1~N4*Leeds~N1*ST*Wakefield*92*W1~N3*Unit 4~N4*Wakefield**WF2 7AZ*GB~" +
	"PO1*1*5*EA*2**VP*A1~PID*F****Drill~N1*ST*Other*92*O1~PO1*2*5*EA*2**VP*A2~PID*F****Saw~REF*PD*P-9~CTT*2~SE*16*0001~GE*1*1~IEA*1*000000101~"

func TestQuery(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"BEG03":                  {"P1"},
		"N1[N101=ST]/N104":       {"W1"},
		"N1[N101=ST]/N4/N403":    {"WF2 7AZ"},
		"N1/N104":                {"K1", "W1"},
		"N1[N403]/N102":          {"Wakefield"},
		"N1[N101=ST][N104=K1]":   nil,
		"//N1[N101=ST]/N104":     {"W1", "O1"},
		"//N104":                 {"K1", "W1", "O1"},
		"PO1[PO101=2]/PID/PID05": {"Saw"},
		"PO1[PID05=Drill]/PO107": {"A1"},
		"PO1[REF01=PD]/REF02":    {"P-9"},
		"PO1/N1/N104":            {"O1"},
		"REF04-2":                {"a"},
		"REF04-4":                {"b"},
		"REF04-9":                nil,
		"CTT":                    {"CTT*2"},
		"ST/ST02":                {"0001"},
		"SE01":                   {"16"},
		"XYZ":                    nil,
	}
	p := &picker{got: map[string][]string{}}
	for path := range want {
		p.paths = append(p.paths, path)
	}
	if err := schema.ReadBytes([]byte(queried), schema.Options{}, p); err != nil {
		t.Fatal(err)
	}
	for path, w := range want {
		if !slices.Equal(p.got[path], w) {
			t.Errorf("%s: %q, want %q", path, p.got[path], w)
		}
	}
	for _, path := range []string{"", "/", "N1/", "N1[", "N1[N1]", "n1", "N1]", "N104/N1", "N1[N101=ST]x", "//", "N1//", "TOOLONG", "N100", "REF04-", "REF04-x", "REF01:0"} {
		if q, err := Compile(path); err == nil {
			t.Errorf("%q was taken: %+v", path, q)
		}
	}
}

// reader prints the ship-to of every order.
type reader struct{ picker }

func (reader) Set(s *schema.Set) error {
	fmt.Println(MustCompile("N1[N101=ST]/N104").Value(Of(s)))
	return nil
}

func ExampleQuery() {
	if err := schema.ReadBytes([]byte(queried), schema.Options{}, &reader{}); err != nil {
		fmt.Println(err)
	}
	// Output: W1
}
