package org.apache.iceberg.rest;  // its Route is not public

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.apache.iceberg.jdbc.JdbcCatalog;
import org.apache.iceberg.rest.responses.LoadTableResponse;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * The Iceberg project's reference REST catalog on 127.0.0.1, over its JDBC catalog. What it adds: requests need a token
 * (one that /v1/oauth/tokens gave for "ingot:secret", valid for `token-seconds`, or the fixed `static-token`), and settings
 * that begin with `vend.` are handed out with every table, as servers that vend credentials do.
 *
 * RestServer PORT key=value…
 */
public class RestServer {
  public static void main(String[] arguments) throws Exception {
    Map<String, String> settings = new HashMap<>();
    Map<String, String> vended = new HashMap<>();
    settings.put("io-impl", "org.apache.iceberg.TestTables$LocalFileIO");
    settings.put("jdbc.schema-version", "V1");
    for (int i = 1; i < arguments.length; i++) {
      String[] pair = arguments[i].split("=", 2);
      if (pair[0].startsWith("vend.")) {
        vended.put(pair[0].substring(5), pair[1]);
      } else {
        settings.put(pair[0], pair[1]);
      }
    }
    JdbcCatalog catalog = new JdbcCatalog();
    catalog.initialize("iceberg_catalog", settings);

    Server server = new Server();
    HttpConfiguration http = new HttpConfiguration();
    http.setUriCompliance(UriCompliance.UNSAFE); // namespace levels are joined by %1F
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.parseInt(arguments[0]));
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    context.setContextPath("/");
    context.addFilter(
        new FilterHolder(new Tokens(settings)), "/*", java.util.EnumSet.of(DispatcherType.REQUEST));
    context.addServlet(new ServletHolder(new RESTCatalogServlet(new Vending(catalog, vended))), "/*");
    context.getServletHandler().setDecodeAmbiguousURIs(true);
    server.setHandler(context);
    server.start();
    server.join();
  }

  static class Vending extends RESTCatalogAdapter {
    private final Map<String, String> vended;

    Vending(JdbcCatalog catalog, Map<String, String> vended) {
      super(catalog);
      this.vended = vended;
    }

    @Override
    public <T extends RESTResponse> T handleRequest(
        Route route,
        Map<String, String> variables,
        HTTPRequest request,
        Class<T> type,
        Consumer<Map<String, String>> headers) {
      T response = super.handleRequest(route, variables, request, type, headers);
      if (vended.isEmpty() || !(response instanceof LoadTableResponse loaded)) {
        return response;
      }
      return type.cast(
          LoadTableResponse.builder()
              .withTableMetadata(loaded.tableMetadata())
              .addAllConfig(vended)
              .build());
    }
  }

  static class Tokens implements Filter {
    private final Map<String, Long> validUntil = new HashMap<>();
    private final long millis;
    private final String fixed;

    Tokens(Map<String, String> settings) {
      millis = 1000L * Long.parseLong(settings.getOrDefault("token-seconds", "3600"));
      fixed = settings.getOrDefault("static-token", "");
    }

    @Override
    public void doFilter(ServletRequest in, ServletResponse out, FilterChain chain)
        throws java.io.IOException, jakarta.servlet.ServletException {
      HttpServletRequest request = (HttpServletRequest) in;
      HttpServletResponse response = (HttpServletResponse) out;
      if (request.getRequestURI().equals("/v1/oauth/tokens")) {
        giveToken(request, response);
      } else if (!isValid(request.getHeader("Authorization"))) {
        answer(
            response,
            401,
            "{\"error\":{\"message\":\"no valid token\",\"type\":\"NotAuthorizedException\",\"code\":401}}");
      } else {
        chain.doFilter(in, out);
      }
    }

    private synchronized void giveToken(HttpServletRequest request, HttpServletResponse response)
        throws java.io.IOException {
      String id = request.getParameter("client_id");
      if (!"ingot".equals(id) || !"secret".equals(request.getParameter("client_secret"))) {
        answer(
            response,
            401,
            "{\"error\":{\"message\":\"unknown client " + id + "\",\"type\":\"invalid_client\",\"code\":401}}");
        return;
      }
      String token = java.util.UUID.randomUUID().toString();
      validUntil.put("Bearer " + token, System.currentTimeMillis() + millis);
      answer(
          response,
          200,
          "{\"access_token\":\"" + token + "\",\"token_type\":\"bearer\",\"issued_token_type\":"
              + "\"urn:ietf:params:oauth:token-type:access_token\",\"expires_in\":3600}");
    }

    private synchronized boolean isValid(String authorization) {
      if (authorization == null) {
        return false;
      }
      return (!fixed.isEmpty() && authorization.equals("Bearer " + fixed))
          || validUntil.getOrDefault(authorization, 0L) > System.currentTimeMillis();
    }

    private static void answer(HttpServletResponse response, int status, String body) throws java.io.IOException {
      response.setStatus(status);
      response.setContentType("application/json");
      response.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
    }
  }
}
