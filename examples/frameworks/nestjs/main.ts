// NestJS, in Node: the instance is a provider, which starts and stops with the application.

import "reflect-metadata";
import process from "node:process";
import { stopOnSignals } from "@evertask/evertask";
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Injectable,
  Module,
  NotFoundException,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  Param,
  Post,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { everTask, port, runsTasks, shipOrder } from "../shop/application.ts";

@Injectable()
class Orders implements OnApplicationBootstrap, OnApplicationShutdown {
  async onApplicationBootstrap(): Promise<void> {
    if (runsTasks) await everTask.start();
  }

  /** Called when no request is in progress. */
  async onApplicationShutdown(): Promise<void> {
    await everTask.stop();
  }

  take(item: string, address: string) {
    return everTask.dispatch(shipOrder, { item, address }); // resolves once it is stored
  }

  find(id: string) {
    return everTask.get(id);
  }
}

@Controller("orders")
class OrdersController {
  constructor(@Inject(Orders) private readonly orders: Orders) {}

  @Post()
  @HttpCode(202)
  async take(@Body() { item, address }: { item: string; address: string }) {
    const { id } = await this.orders.take(item, address);
    return { id };
  }

  @Get(":id")
  async show(@Param("id") id: string) {
    const task = await this.orders.find(id);
    if (task === null) throw new NotFoundException();
    return { status: task.status };
  }
}

@Module({ controllers: [OrdersController], providers: [Orders] })
class ShopModule {}

const app = await NestFactory.create(ShopModule, { logger: ["error", "warn"] });
await app.listen(port);
console.log(`Listening on ${port}`);
const signal = await stopOnSignals({ stop: () => app.close() }, process).stopped;
console.log(`Stopped by ${signal}`);
