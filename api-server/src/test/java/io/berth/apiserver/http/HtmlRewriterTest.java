package io.berth.apiserver.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HtmlRewriterTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "<a href=\"/x\">/x</a> | <a href=\"/m/x\">/x</a>",
        "<A HREF=/x>t</A> | <A HREF=/m/x>t</A>",
        "<form class='a>b' action='/f'> | <form class='a>b' action='/m/f'>",
        "<a data-href=\"/x\"> | <a data-href=\"/x\">",
        "<!-- <a href=\"/x\"> --><img src=\"/i\"> | <!-- <a href=\"/x\"> --><img src=\"/m/i\">",
        "<script src=\"/s\">if (a < b) '<a href=\"/x\">'</SCRIPT><p href='/y'> |"
            + " <script src=\"/m/s\">if (a < b) '<a href=\"/x\">'</SCRIPT><p href='/m/y'>",
        "1 < 2 and <b | 1 < 2 and <b",
        "<p>ü€</p> | <p>ü€</p>"
      })
  void addressesInTagsAreRewrittenWhereverThePageIsCut(String page, String expected) {
    byte[] bytes = page.getBytes(UTF_8);
    for (int cut = 0; cut <= bytes.length; cut++) {
      HtmlRewriter rewriter =
          new HtmlRewriter(address -> address.startsWith("/") ? "/m" + address : address);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(rewriter.feed(java.util.Arrays.copyOf(bytes, cut)));
      out.writeBytes(rewriter.feed(java.util.Arrays.copyOfRange(bytes, cut, bytes.length)));
      out.writeBytes(rewriter.end());
      assertThat(out.toString(UTF_8)).isEqualTo(expected);
    }
  }
}
