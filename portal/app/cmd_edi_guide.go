package app

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"entente/edi/guide"
	"entente/edi/schema"
	"entente/portal/locale"
)

func ediGuide(e *env, args []string) (int, error) {
	if len(args) > 0 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprint(e.out, "Usage: entente edi guide lint [--json] [--lang en|zh-CN] FILE\n"+
			"       entente edi guide show SET --version RELEASE|DIRECTORY [--eancom]\n\n"+
			"lint: check a partner's guide against itself and the standard. The form is in the EDI guide.\n"+
			"show: print the standard's own definition of a set or message as a guide, to copy and narrow;\n"+
			"      with --eancom the rules of GS1's subset.\n"+
			"Exit 0: sound. 1: it has errors. 2: no guide, or wrong usage.\n")
		return exitOK, nil
	}
	if len(args) > 0 && args[0] == "show" {
		return ediGuideShow(e, args[1:])
	}
	if len(args) == 0 || args[0] != "lint" {
		return exitUsage, misuse("edi guide needs lint or show; see entente edi guide --help")
	}
	fs := e.flags("edi guide lint")
	lang := fs.String("lang", "en", "language of the sentences: en or zh-CN")
	asJSON := fs.Bool("json", false, "print the problems as JSON")
	rest, err := e.parse(fs, "[--json] [--lang en|zh-CN] FILE", args[1:])
	if err != nil {
		return exitUsage, err
	}
	in, err := e.open(rest)
	if err != nil {
		return exitUsage, err
	}
	defer in.Close()
	g, problems, err := guide.Read(in)
	if err != nil {
		return exitUsage, misuse("%v", err)
	}
	p := printer(*lang)
	if *asJSON {
		type worded struct {
			guide.Problem
			Text string `json:"text"`
		}
		out := []worded{}
		for _, x := range problems {
			out = append(out, worded{x, guideText(p, x)})
		}
		if err := json.NewEncoder(e.out).Encode(out); err != nil {
			return exitUsage, err
		}
	} else {
		for _, x := range problems {
			kind := p.T("cli.guide.remark")
			if x.Error {
				kind = p.T("cli.guide.error")
			}
			if x.Rule > 0 {
				kind += " (" + p.T("cli.guide.rule", "n", x.Rule) + ")"
			}
			fmt.Fprintf(e.out, "%s: %s\n", kind, guideText(p, x))
		}
	}
	if !guide.Sound(problems) {
		return exitFailed, nil
	}
	if !*asJSON {
		fmt.Fprintln(e.out, p.T("cli.guide.sound", "rules", len(g.Rules), "set", g.Set, "version", g.Version))
	}
	return exitOK, nil
}

// ediGuideShow prints a definition of the standard in the form of a guide.
func ediGuideShow(e *env, args []string) (int, error) {
	fs := e.flags("edi guide show")
	version := fs.String("version", "005010", "release of X12 or directory of EDIFACT, as D96A")
	eancom := fs.Bool("eancom", false, "the rules of GS1's subset instead of the definition")
	rest, err := e.parse(fs, "SET --version RELEASE|DIRECTORY [--eancom]", args)
	if err != nil {
		return exitUsage, err
	}
	if len(rest) == 0 {
		return exitUsage, misuse("edi guide show needs a set, as 850 or ORDERS")
	}
	g := guide.EANCOM(*version, rest[0])
	ok := g != nil
	if !*eancom {
		g, ok = guide.Show(*version, rest[0])
	}
	if !ok {
		return exitUsage, misuse("no definition of %s in %s; there are %s", rest[0], *version, strings.Join(schema.Editions(), ", "))
	}
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return exitOK, enc.Encode(g)
}

func guideText(p *locale.Printer, x guide.Problem) string {
	return p.T("edi.guide."+x.Key, "Path", x.Path, "Value", x.Value)
}

// withGuide adds the guide in a file to the options of judging; an empty name adds
// nothing. A guide with errors is refused.
func withGuide(p *locale.Printer, name string, opt schema.Options) (schema.Options, error) {
	if name == "" {
		return opt, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return opt, misuse("%v", err)
	}
	defer f.Close()
	g, problems, err := guide.Read(f)
	if err != nil {
		return opt, misuse("%v", err)
	}
	for _, x := range problems {
		if x.Error {
			return opt, misuse("%s: %s", name, guideText(p, x))
		}
	}
	return g.Options(opt), nil
}
