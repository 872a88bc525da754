// gotty: a terminal in the browser. Serves one page and one WebSocket; every connection gets a pseudo terminal with the given
// command in it. Flags, message types and subprotocol are those that clients of the well-known program of this name expect.
package main

import (
	"context"
	"crypto/subtle"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coder/websocket"
	"github.com/creack/pty"
)

//go:embed assets page.html
var files embed.FS

// First byte of every message, in either direction.
const (
	input  = '1'
	ping   = '2'
	resize = '3'

	output   = '1'
	pong     = '2'
	setTitle = '3'
)

type options struct {
	address, port, path, credential, title string
	permitWrite, once                      bool
	maxConnections                         int64
	timeout, closeTimeout                  time.Duration
	command                                []string
}

func parse(arguments []string) (options, error) {
	var o options
	var seconds, closeSeconds int
	flags := flag.NewFlagSet("gotty", flag.ContinueOnError)
	text := func(target *string, long, short, value, usage string) {
		if env, ok := os.LookupEnv("GOTTY_" + strings.ToUpper(strings.ReplaceAll(long, "-", "_"))); ok {
			value = env
		}
		flags.StringVar(target, long, value, usage)
		if short != "" {
			flags.StringVar(target, short, value, "same as -"+long)
		}
	}
	text(&o.address, "address", "a", "0.0.0.0", "IP address to listen on")
	text(&o.port, "port", "p", "8080", "port to listen on")
	text(&o.path, "path", "m", "/", "base path of the page")
	text(&o.credential, "credential", "c", "", "user:password for basic authentication")
	text(&o.title, "title-format", "", "{{ .Command }}@{{ .Hostname }}", "template of the window title")
	flags.BoolVar(&o.permitWrite, "permit-write", os.Getenv("GOTTY_PERMIT_WRITE") == "true", "let clients type")
	flags.BoolVar(&o.permitWrite, "w", o.permitWrite, "same as -permit-write")
	flags.BoolVar(&o.once, "once", false, "end after the first client")
	flags.Int64Var(&o.maxConnections, "max-connection", 0, "most connections at a time (0: no limit)")
	flags.IntVar(&seconds, "timeout", 0, "end when no client was connected for so many seconds (0: never)")
	flags.IntVar(&closeSeconds, "close-timeout", 5, "seconds between SIGHUP and SIGKILL of a command whose client has left")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	o.timeout, o.closeTimeout = time.Duration(seconds)*time.Second, time.Duration(closeSeconds)*time.Second
	o.path = path.Join("/", o.path)
	if o.command = flags.Args(); len(o.command) == 0 {
		o.command = []string{"bash"}
	}
	if _, err := exec.LookPath(o.command[0]); err != nil {
		return o, fmt.Errorf("gotty: %w", err)
	}
	return o, nil
}

type server struct {
	options
	title    string
	page     *template.Template
	open     atomic.Int64
	activity chan struct{}
	sessions sync.WaitGroup
	stop     context.CancelFunc
}

func (s *server) authorised(next http.Handler) http.Handler {
	if s.credential == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok || subtle.ConstantTimeCompare([]byte(user+":"+password), []byte(s.credential)) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="terminal"`)
			http.Error(w, "authorization required", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	base := strings.TrimSuffix(s.path, "/")
	mux.HandleFunc("GET "+base+"/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := s.page.Execute(w, map[string]any{"Title": s.title, "Write": s.permitWrite}); err != nil {
			log.Print(err)
		}
	})
	mux.Handle("GET "+base+"/assets/", http.StripPrefix(base, http.FileServerFS(files)))
	mux.HandleFunc("GET "+base+"/auth_token.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/javascript")
		token, _ := json.Marshal(s.credential)
		fmt.Fprintf(w, "var gotty_auth_token = %s;", token)
	})
	mux.HandleFunc("GET "+base+"/ws", func(w http.ResponseWriter, r *http.Request) { s.accept(ctx, w, r) })
	return s.authorised(mux)
}

// accept lets the WebSocket library check the origin: a page of another site must not type into this terminal. A proxy on the
// way has to keep the Host header or leave out Origin.
func (s *server) accept(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	if n := s.open.Add(1); s.maxConnections > 0 && n > s.maxConnections {
		s.open.Add(-1)
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	defer s.open.Add(-1)
	connection, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"webtty"}})
	if err != nil {
		log.Printf("%s: %v", r.RemoteAddr, err)
		return
	}
	connection.SetReadLimit(1 << 20)
	s.sessions.Add(1)
	defer s.sessions.Done()
	log.Printf("%s: connected", r.RemoteAddr)
	err = s.session(ctx, connection)
	log.Printf("%s: %v", r.RemoteAddr, err)
	select {
	case s.activity <- struct{}{}:
	default:
	}
	if s.once {
		s.stop()
	}
}

func (s *server) session(parent context.Context, connection *websocket.Conn) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	defer connection.CloseNow()

	greeting, stopWaiting := context.WithTimeout(ctx, 10*time.Second)
	_, message, err := connection.Read(greeting)
	stopWaiting()
	if err != nil {
		return fmt.Errorf("no greeting: %w", err)
	}
	var hello struct{ AuthToken string }
	if err := json.Unmarshal(message, &hello); err != nil || subtle.ConstantTimeCompare([]byte(hello.AuthToken), []byte(s.credential)) != 1 {
		_ = connection.Close(websocket.StatusPolicyViolation, "wrong token")
		return errors.New("wrong greeting or token")
	}

	command := exec.Command(s.command[0], s.command[1:]...)
	command.Env = append(os.Environ(), "TERM=xterm-256color")
	terminal, err := pty.Start(command)
	if err != nil {
		_ = connection.Close(websocket.StatusInternalError, "the command cannot be started")
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	defer func() {
		terminal.Close()
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGHUP)
		select {
		case <-ended:
		case <-time.After(s.closeTimeout):
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
			<-ended
		}
	}()

	send := func(kind byte, payload string) error {
		deadline, done := context.WithTimeout(ctx, 30*time.Second)
		defer done()
		return connection.Write(deadline, websocket.MessageText, append([]byte{kind}, payload...))
	}
	if err := send(setTitle, s.title); err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() {
		buffer := make([]byte, 32<<10)
		for {
			n, err := terminal.Read(buffer)
			if n > 0 {
				if err := send(output, base64.StdEncoding.EncodeToString(buffer[:n])); err != nil {
					failed <- err
					return
				}
			}
			if err != nil {
				failed <- io.EOF
				return
			}
		}
	}()
	go func() {
		for {
			_, message, err := connection.Read(ctx)
			if err == nil && len(message) == 0 {
				err = errors.New("empty message")
			}
			if err == nil {
				err = s.receive(message, terminal, send)
			}
			if err != nil {
				failed <- err
				return
			}
		}
	}()
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if errors.Is(err, io.EOF) {
		_ = connection.Close(websocket.StatusNormalClosure, "the command has ended")
		return errors.New("command ended")
	}
	return err
}

func (s *server) receive(message []byte, terminal *os.File, send func(byte, string) error) error {
	switch message[0] {
	case input:
		if !s.permitWrite {
			return nil
		}
		_, err := terminal.Write(message[1:])
		return err
	case ping:
		return send(pong, "")
	case resize:
		var size struct{ Columns, Rows float64 }
		if err := json.Unmarshal(message[1:], &size); err != nil {
			return err
		}
		if size.Columns < 1 || size.Rows < 1 || size.Columns > 5000 || size.Rows > 5000 {
			return nil
		}
		return pty.Setsize(terminal, &pty.Winsize{Cols: uint16(size.Columns), Rows: uint16(size.Rows)})
	}
	return nil
}

func run(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	s := &server{options: o, activity: make(chan struct{}, 1), stop: stop}
	s.page = template.Must(template.ParseFS(files, "page.html"))
	title, err := template.New("title").Parse(o.title)
	if err != nil {
		return fmt.Errorf("gotty: -title-format: %w", err)
	}
	host, _ := os.Hostname()
	var text strings.Builder
	if err := title.Execute(&text, map[string]string{"Command": strings.Join(o.command, " "), "command": strings.Join(o.command, " "), "Hostname": host, "hostname": host}); err != nil {
		return fmt.Errorf("gotty: -title-format: %w", err)
	}
	s.title = text.String()

	listener, err := net.Listen("tcp", net.JoinHostPort(o.address, o.port))
	if err != nil {
		return err
	}
	log.Printf("listening on http://%s%s", listener.Addr(), o.path)
	web := &http.Server{Handler: s.handler(ctx), ReadHeaderTimeout: 10 * time.Second}
	if o.timeout > 0 {
		go s.endWhenIdle(ctx)
	}
	go func() {
		<-ctx.Done()
		// Sessions see the end of ctx themselves; Shutdown does not know of hijacked connections.
		s.sessions.Wait()
		grace, done := context.WithTimeout(context.Background(), time.Second)
		defer done()
		_ = web.Shutdown(grace)
		_ = web.Close()
	}()
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *server) endWhenIdle(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.activity:
		case <-time.After(s.timeout):
			if s.open.Load() == 0 {
				s.stop()
				return
			}
		}
	}
}

func main() {
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
