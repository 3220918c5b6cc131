package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.RuntimeDriverException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of an SPDY/3.1 connection as Kubernetes' streaming servers speak it: an HTTP
 * request that is upgraded, named streams opened by the client, no flow control but TCP's. What
 * comes in is read only as fast as it is delivered, so that a slow reader holds up its command and
 * nothing else.
 */
final class SpdyConnection implements AutoCloseable {
  private static final int CONNECT_MILLIS = 5_000;
  private static final long SEND_SECONDS = 3600;

  /** Takes what comes in, one call at a time. */
  interface Receiver {
    void received(int stream, byte[] bytes) throws IOException;

    /** A stream's other end is closed; true ends the connection. */
    boolean streamEnded(int stream);

    /**
     * The last call.
     *
     * @param broken what the receiver itself threw, or null
     */
    void ended(@Nullable IOException broken);
  }

  /** What the event loop hands over; null bytes end the stream, stream 0 the connection. */
  private record Incoming(int stream, byte @Nullable [] bytes) {}

  private static final Incoming END = new Incoming(0, null);

  private final Channel channel;
  private final BlockingQueue<Incoming> incoming;
  private int nextStream = 1;

  private SpdyConnection(Channel channel, BlockingQueue<Incoming> incoming) {
    this.channel = channel;
    this.incoming = incoming;
  }

  /** Connects and upgrades; nothing is read yet. */
  static SpdyConnection open(EventLoopGroup eventLoop, URI address, String protocol) {
    CompletableFuture<Channel> upgraded = new CompletableFuture<>();
    // Bounded by one read: the channel reads on only when all was delivered.
    BlockingQueue<Incoming> incoming = new LinkedBlockingQueue<>();
    ChannelFuture connected =
        new Bootstrap()
            .group(eventLoop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel
                        .pipeline()
                        .addLast(new HttpClientCodec())
                        .addLast(new Upgrade(address, protocol, incoming, upgraded));
                  }
                })
            .connect(address.getHost(), address.getPort());
    var _ =
        connected.addListener(
            future -> {
              if (future.cause() != null) {
                upgraded.completeExceptionally(future.cause());
              }
            });
    try {
      return new SpdyConnection(upgraded.get(2L * CONNECT_MILLIS, TimeUnit.MILLISECONDS), incoming);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      var _ = connected.channel().close();
      throw new RuntimeDriverException("cannot connect to the command", e);
    }
  }

  /** Opens a stream of a type and returns its id. */
  int openStream(String type) {
    return openStream(type, Map.of());
  }

  /** Opens a stream with more headers, by lower-case names, and returns its id. */
  int openStream(String type, Map<String, String> headers) {
    DefaultSpdySynStreamFrame frame = new DefaultSpdySynStreamFrame(nextStream, 0, (byte) 0);
    frame.headers().set("streamtype", type);
    headers.forEach(frame.headers()::set);
    var _ = channel.writeAndFlush(frame, channel.voidPromise());
    int stream = nextStream;
    nextStream += 2;
    return stream;
  }

  /** Sends, and waits until it is on its way. */
  void send(int stream, byte[] bytes, int length, boolean last) throws IOException {
    DefaultSpdyDataFrame frame =
        new DefaultSpdyDataFrame(stream, Unpooled.copiedBuffer(bytes, 0, length));
    frame.setLast(last);
    ChannelFuture sent = channel.writeAndFlush(frame);
    try {
      if (!sent.await(SEND_SECONDS, TimeUnit.SECONDS) || !sent.isSuccess()) {
        throw new IOException("the connection is gone", sent.cause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Ends a stream where the connection still stands. */
  void endQuietly(int stream) {
    DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(stream);
    frame.setLast(true);
    var _ = channel.writeAndFlush(frame, channel.voidPromise());
  }

  /** Hands everything that comes in to the receiver, until the end. Blocks. */
  void deliver(Receiver receiver) {
    IOException broken = null;
    try {
      for (Incoming next = take(); next.stream() > 0; next = take()) {
        byte[] bytes = next.bytes();
        if (bytes != null) {
          receiver.received(next.stream(), bytes);
        } else if (receiver.streamEnded(next.stream())) {
          break;
        }
      }
    } catch (IOException e) {
      broken = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      broken = new IOException("interrupted", e);
    } finally {
      receiver.ended(broken);
    }
  }

  private Incoming take() throws InterruptedException {
    Incoming next = incoming.poll();
    if (next == null) {
      channel.read();
      next = incoming.take();
    }
    return next;
  }

  @Override
  public void close() {
    var _ = channel.close();
  }

  /** Asks for the upgrade and, once it is granted, puts the frame codec in HTTP's place. */
  private static final class Upgrade extends ChannelInboundHandlerAdapter {
    private final URI address;
    private final String protocol;
    private final BlockingQueue<Incoming> incoming;
    private final CompletableFuture<Channel> upgraded;

    Upgrade(
        URI address,
        String protocol,
        BlockingQueue<Incoming> incoming,
        CompletableFuture<Channel> upgraded) {
      this.address = address;
      this.protocol = protocol;
      this.incoming = incoming;
      this.upgraded = upgraded;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      DefaultFullHttpRequest request =
          new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, address.getRawPath());
      request
          .headers()
          .set(HttpHeaderNames.HOST, address.getAuthority())
          .set(HttpHeaderNames.CONNECTION, "Upgrade")
          .set(HttpHeaderNames.UPGRADE, "SPDY/3.1")
          .set(HttpHeaderNames.CONTENT_LENGTH, 0)
          .set("X-Stream-Protocol-Version", protocol);
      var _ = context.writeAndFlush(request, context.voidPromise());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpResponse response) {
        answered(context, response);
      }
      ReferenceCountUtil.release(message);
    }

    private void answered(ChannelHandlerContext context, HttpResponse response) {
      if (!response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
        upgraded.completeExceptionally(
            new IOException("the streaming server answered " + response.status()));
        var _ = context.close();
        return;
      }
      context.channel().config().setAutoRead(false);
      context
          .pipeline()
          .addLast(new SpdyFrameCodec(SpdyVersion.SPDY_3_1))
          .addLast(new Frames(incoming));
      context.pipeline().remove(HttpClientCodec.class);
      context.pipeline().remove(this);
      upgraded.complete(context.channel());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      upgraded.completeExceptionally(new IOException("the streaming server hung up"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      upgraded.completeExceptionally(cause);
      var _ = context.close();
    }
  }

  /** Takes frames apart on the event loop; never blocks. */
  private static final class Frames extends ChannelInboundHandlerAdapter {
    private final BlockingQueue<Incoming> incoming;

    Frames(BlockingQueue<Incoming> incoming) {
      this.incoming = incoming;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
      try {
        switch (frame) {
          case SpdyDataFrame data -> {
            if (data.content().isReadable()) {
              incoming.add(new Incoming(data.streamId(), ByteBufUtil.getBytes(data.content())));
            }
            endIf(data.isLast(), data.streamId());
          }
          case SpdySynStreamFrame opened -> endIf(opened.isLast(), opened.streamId());
          case SpdySynReplyFrame reply -> endIf(reply.isLast(), reply.streamId());
          case SpdyRstStreamFrame reset -> endIf(true, reset.streamId());
          case SpdyPingFrame ping -> {
            var _ =
                context.writeAndFlush(new DefaultSpdyPingFrame(ping.id()), context.voidPromise());
          }
          case SpdyGoAwayFrame _ -> incoming.add(END);
          default -> {}
        }
      } finally {
        ReferenceCountUtil.release(frame);
      }
    }

    /** Where nothing came of a read that the receiver waits for, the channel is to read on. */
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      if (incoming.isEmpty()) {
        context.read();
      }
    }

    private void endIf(boolean last, int stream) {
      if (last) {
        incoming.add(new Incoming(stream, null));
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      incoming.add(END);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }
}
