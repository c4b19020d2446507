package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to show what it should; a busy machine
// with two cores needs some of it.
const patience = 45 * time.Second

// ErrNoChromium says that no Chromium is installed.
var ErrNoChromium = errors.New("no chromium: install the Debian packages chromium and fonts-noto-cjk")

// Chrome is one browser process with cookies of its own.
type Chrome struct {
	ctx   context.Context
	close func()
}

// Find is the path of the installed browser.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoChromium
}

// Launch starts a headless browser with an empty profile.
func Launch() (*Chrome, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-dev-shm-usage", true),
		// calls: a camera, a microphone and a screen that are none, and a way by the loopback
		chromedp.Flag("use-fake-device-for-media-stream", "fps=5"), chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("auto-select-desktop-capture-source", "Entire screen"),
		chromedp.Flag("allow-loopback-in-peer-connection", true), chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("disable-features", "site-per-process,Translate,BlinkGenPropertyTrees,WebRtcHideLocalIpsWithMdns"),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.WindowSize(1440, 900), chromedp.WSURLReadTimeout(60*time.Second))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocated, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {})) // events newer than the protocol's Go types are no error
	if err := chromedp.Run(ctx); err != nil {
		stop()
		stopAllocator()
		return nil, fmt.Errorf("chromium does not start: %w", err)
	}
	return &Chrome{ctx, func() { stop(); stopAllocator() }}, nil
}

// Close ends the process and removes its profile.
func (c *Chrome) Close() { c.close() }

// Page is one tab. Its methods wait for what they name and give up after 15 s
// with an error that says what was missing.
type Page struct {
	ctx      context.Context
	stop     func()
	mu       sync.Mutex
	troubles []string
	quiet    bool // losing the line is expected: it is no trouble
}

// watcher runs before every page's own scripts and keeps what the content
// security policy refuses.
const watcher = `window.__refused = []; document.addEventListener("securitypolicyviolation", (e) => window.__refused.push(e.violatedDirective + " " + (e.blockedURI || "") + " " + (e.sourceFile || "") + ":" + e.lineNumber));`

// Open opens a tab that keeps everything the console, the network and the
// content security policy complain about.
func (c *Chrome) Open() (*Page, error) {
	ctx, stop := chromedp.NewContext(c.ctx)
	p := &Page{ctx: ctx, stop: stop}
	chromedp.ListenTarget(ctx, p.hear)
	err := chromedp.Run(ctx, network.Enable(), log.Enable(), still(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(watcher).Do(ctx)
		return err
	}))
	if err != nil {
		stop()
		return nil, err
	}
	return p, nil
}

// still asks pages to leave out what moves, as some people do; pictures need it.
func still() chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: "light"}})
}

// Front brings the tab before the others, as what somebody looks at: only then is what it
// shows read. It is painted from then on, which costs.
func (p *Page) Front() error { return p.Run(page.BringToFront()) }

// Close closes the tab.
func (p *Page) Close() { p.stop() }

func (p *Page) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning || e.Type == runtime.APITypeAssert {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			p.trouble("console: " + strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		p.trouble("script: " + e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			p.trouble(fmt.Sprintf("log: %s %s", e.Entry.Text, e.Entry.URL))
		}
	}
}

func (p *Page) trouble(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.quiet {
		p.troubles = append(p.troubles, s)
	}
}

// Quiet says whether complaints are expected for now, as while the line is cut.
func (p *Page) Quiet(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet = yes
}

// Troubles takes what the page complained about since the last call, with what
// the content security policy refused on the page shown now.
func (p *Page) Troubles() []string {
	var refused []string
	if err := p.Eval(`window.__refused ? window.__refused.splice(0) : ["the watcher is not there"]`, &refused); err != nil {
		refused = []string{err.Error()}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.troubles
	p.troubles = nil
	for _, r := range refused {
		out = append(out, "content security policy: "+r)
	}
	return out
}

// Run runs actions of the browser's protocol with the usual patience.
func (p *Page) Run(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// Go opens an address and waits until it is loaded; it gives the HTTP status.
func (p *Page) Go(url string) (int, error) {
	ctx, cancel := context.WithTimeout(p.ctx, 2*patience)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, chromedp.Navigate(url))
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", url, err)
	}
	return int(res.Status), nil
}

// Eval evaluates an expression in the page; out takes its JSON and may be nil.
func (p *Page) Eval(expression string, out any) error {
	return p.evaluate("JSON.stringify(("+expression+")) ?? 'null'", out)
}

// Await evaluates an expression that promises something.
func (p *Page) Await(expression string, out any) error {
	return p.evaluate("(async () => JSON.stringify(await ("+expression+")) ?? 'null')()", out)
}

func (p *Page) evaluate(script string, out any) error {
	var text string
	err := p.Run(chromedp.Evaluate(script, &text, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	if err != nil {
		return fmt.Errorf("%s: %w", script, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal([]byte(text), out)
}

// Until waits until an expression is true of a page that is loaded with its scripts: a key
// pressed before would be lost. A page on its way to the next one is asked again.
func (p *Page) Until(expression string) error {
	deadline := time.Now().Add(patience)
	for pause := 10 * time.Millisecond; ; pause = min(pause*3/2, 100*time.Millisecond) {
		var yes bool
		err := p.Eval(`document.readyState === "complete" && !!(`+expression+")", &yes)
		if yes {
			return nil
		}
		if time.Now().After(deadline) {
			where, text := "", ""
			_ = p.Eval(`location.href`, &where)
			_ = p.Eval(`document.body.innerText.slice(0, 1200)`, &text)
			return fmt.Errorf("never: %s (last error %v) on %s, which says\n%s", expression, err, where, text)
		}
		select {
		case <-p.ctx.Done():
			return p.ctx.Err()
		case <-time.After(pause):
		}
	}
}

// quote writes a string as JavaScript.
func quote(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw)
}

// Has waits until an element is there and visible.
func (p *Page) Has(selector string) error {
	return p.Until(`[...document.querySelectorAll(` + quote(selector) + `)].some((e) => e.getClientRects().length > 0)`)
}

// Says waits until an element's text holds the words.
func (p *Page) Says(selector, words string) error {
	return p.Until(`[...document.querySelectorAll(` + quote(selector) + `)].some((e) => e.textContent.includes(` + quote(words) + `))`)
}

// Click clicks the first visible element in the middle, with the mouse.
func (p *Page) Click(selector string) error { return p.clicks(selector, 1) }

// DoubleClick clicks twice as an impatient hand does.
func (p *Page) DoubleClick(selector string) error { return p.clicks(selector, 2) }

func (p *Page) clicks(selector string, times int) error {
	if err := p.Has(selector); err != nil {
		return err
	}
	var at []float64
	err := p.Eval(`(() => { const e = [...document.querySelectorAll(`+quote(selector)+`)].find((e) => e.getClientRects().length > 0); e.scrollIntoView({ block: "center", behavior: "instant" }); const r = e.getBoundingClientRect(), x = r.left + r.width / 2, y = r.top + r.height / 2, hit = document.elementFromPoint(x, y); return e === hit || e.contains(hit) ? [x, y] : [] })()`, &at)
	if err != nil {
		return err
	}
	if len(at) != 2 {
		return fmt.Errorf("%s is covered by something else", selector)
	}
	for i := range times {
		if err := p.Run(chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(i+1))); err != nil {
			return fmt.Errorf("click %s: %w", selector, err)
		}
	}
	return nil
}

// Leave clicks a link or button and waits until the next page has loaded.
func (p *Page) Leave(selector string) error {
	if err := p.Eval(`window.__here = true`, nil); err != nil {
		return err
	}
	if err := p.Click(selector); err != nil {
		return err
	}
	return p.Until(`!window.__here && document.readyState === "complete"`)
}

// Fill puts a text into a field in place of what was there, as typing would.
func (p *Page) Fill(selector, text string) error {
	if err := p.Has(selector); err != nil {
		return err
	}
	return p.Eval(`(() => { const e = [...document.querySelectorAll(`+quote(selector)+`)].find((e) => e.getClientRects().length > 0); e.focus(); e.value = `+quote(text)+`; e.dispatchEvent(new Event("input", { bubbles: true })); e.dispatchEvent(new Event("change", { bubbles: true })); return true })()`, nil)
}

// Type types into a field with the keyboard.
func (p *Page) Type(selector, text string) error {
	if err := p.Has(selector); err != nil {
		return err
	}
	return p.Run(chromedp.Focus(selector, chromedp.ByQuery), input.InsertText(text))
}

// Enter presses the Enter key where the focus is.
func (p *Page) Enter() error {
	press := func(kind input.KeyType) *input.DispatchKeyEventParams {
		return input.DispatchKeyEvent(kind).WithKey("Enter").WithCode("Enter").WithWindowsVirtualKeyCode(13).WithNativeVirtualKeyCode(13)
	}
	return p.Run(press(input.KeyDown).WithText("\r"), press(input.KeyUp))
}

// Size sets the page's width and height in CSS pixels and the pixels per one.
func (p *Page) Size(width, height int64, scale float64) error {
	return p.Run(emulation.SetDeviceMetricsOverride(width, height, scale, false))
}

// Offline cuts the page's line or gives it back.
func (p *Page) Offline(yes bool) error {
	return p.Run(network.OverrideNetworkState(yes, 0, -1, -1))
}

// Scripts switches the page's own scripts on or off for what is loaded next.
func (p *Page) Scripts(on bool) error { return p.Run(emulation.SetScriptExecutionDisabled(!on)) }

// SignIn signs a person in through the form of the page, at the server's address.
func (p *Page) SignIn(url, email, password string) error {
	if err := p.Run(network.ClearBrowserCookies()); err != nil {
		return err
	}
	if _, err := p.Go(url + "/signin"); err != nil {
		return err
	}
	return errors.Join(p.Fill("#main input[type=email]", email), p.Fill("#main input[type=password]", password), p.Leave("#main .btn-primary"))
}

// Shot takes a picture of the whole page as PNG. The page gets a window as high
// as itself, so that bars that stick to the window's edge stand at its end.
func (p *Page) Shot(l Look) ([]byte, error) {
	var high int64
	if err := p.Eval(`document.documentElement.scrollHeight`, &high); err != nil {
		return nil, err
	}
	if err := p.Size(l.Width, max(high, l.Height), l.Scale()); err != nil {
		return nil, err
	}
	raw, err := p.Window()
	if err != nil {
		return nil, fmt.Errorf("picture of %d by %d: %w", l.Width, high, err)
	}
	return raw, nil
}

// Window takes a picture of what the window shows, as PNG.
func (p *Page) Window() (raw []byte, err error) {
	err = p.Run(page.BringToFront(), chromedp.ActionFunc(func(ctx context.Context) error {
		raw, err = page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatPng).WithOptimizeForSpeed(true).Do(ctx)
		return err
	}))
	return raw, err
}
