package guide

import (
	_ "embed" // the guides of EANCOM
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"entente/edi/schema"
	"entente/edi/tree"
	"entente/edi/wire"
)

// EANCOM, the subset of GS1, as guides on D.96A (EANCOM 1997) and D.01B (EANCOM 2002):
// rules that are written, and a note for every place of the directory's message that
// the subset does not use.
var (
	//go:embed eancom/d96a.txt
	eancomD96A string
	//go:embed eancom/d01b.txt
	eancomD01B string
	//go:embed eancom/rules.json
	eancomRules []byte
)

// Association is how the association code of GS1's messages begins.
const Association = "EAN"

// eancomSets are the messages that EANCOM has guides for.
var eancomSets = []string{"ORDERS", "ORDRSP", "ORDCHG", "DESADV", "RECADV", "INVOIC", "REMADV", "PRICAT", "INVRPT", "SLSRPT", "APERAK"}

var eancom = sync.OnceValue(func() map[string]*Guide {
	var parts []Guide
	if err := json.Unmarshal(eancomRules, &parts); err != nil {
		panic(err)
	}
	out := map[string]*Guide{}
	for version, text := range map[string]string{"D96A": eancomD96A, "D01B": eancomD01B} {
		used, err := schema.ReadTables(text, version)
		if err != nil {
			panic(err)
		}
		for _, set := range eancomSets {
			g := &Guide{Format: Format, Name: "EANCOM " + map[string]string{"D96A": "1997 ", "D01B": "2002 "}[version] + set, Version: version, Set: set, Association: Association}
			for i := range parts {
				if p := &parts[i]; (p.Version == "" || p.Version == version) && (p.Set == "" || p.Set == set) {
					g.Rules = append(g.Rules, p.Rules...)
				}
			}
			dict := schema.DictionaryOf(version, set)
			g.Rules = slices.DeleteFunc(g.Rules, func(r Rule) bool { // such as those about lines, where there are none
				return slices.ContainsFunc(tree.MustCompile(r.Path).Tags(), func(tag string) bool { return !dict.HasSegment(tag) })
			})
			if u, ok := used.Sets[set]; ok {
				whole := schema.TablesOf(version).Sets[set]
				g.Rules = append(g.Rules, unused(whole.Nodes, u.Nodes, "")...)
			}
			if problems := g.lint(nil); !Sound(problems) {
				panic(problems)
			}
			out[version+set] = g
		}
	}
	return out
})

// unused makes a rule for every place of a message that a subset does not have. Places of
// one tag in one loop count as one.
func unused(whole, used []schema.NodeDef, path string) []Rule {
	var out []Rule
	told := map[string]bool{}
	for i := range whole {
		n := &whole[i]
		if i == 0 && path != "" || told[n.Tag] {
			continue // the head
		}
		told[n.Tag] = true
		inner, found := under(used, n.Tag)
		if !found {
			out = append(out, Rule{Path: path + n.Tag, Forbid: true, Severity: schema.TreatNote})
			continue
		}
		if all, _ := under(whole, n.Tag); all != nil {
			out = append(out, unused(all, inner, path+n.Tag+"/")...)
		}
	}
	return out
}

// under gives what all loops of a tag hold together; found says that the tag occurs.
func under(list []schema.NodeDef, tag string) (inner []schema.NodeDef, found bool) {
	for i := range list {
		if list[i].Tag == tag {
			found = true
			inner = append(inner, list[i].Nodes...)
		}
	}
	return inner, found
}

// EANCOM gives the guide of GS1's subset for a message of a directory; nil for none.
func EANCOM(version, set string) *Guide { return eancom()[version+set] }

// WithAssociations judges messages also by the embedded guide of the association that
// their UNH names, after what the options already hold.
func WithAssociations(opt schema.Options) schema.Options {
	opt.Also = both(opt.Also, func(set *schema.Set) []wire.Finding {
		if set.Message == nil || !strings.HasPrefix(set.Message.Association, Association) {
			return nil
		}
		if g := EANCOM(set.Message.Version+set.Message.Release, set.Type); g != nil {
			return g.Judge(set)
		}
		return nil
	})
	return opt
}
